// Loop is the least relay there is: whole messages over TCP, read and written
// by package net, nothing else. etc/bench/relay runs it beside smbgw to show
// what the machine and the language cost, whatever the relay does.
//
//	loop LISTEN BACKEND
package main
