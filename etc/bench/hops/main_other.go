//go:build !linux

package main

import "log"

func main() { log.Fatal("hops is for Linux") }
