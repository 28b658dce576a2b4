//go:build race

package gateway

const crowd = 100
