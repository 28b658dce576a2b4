//go:build !race

package gateway

// crowd is how many clients come at once, fewer where each costs more.
const crowd = 2000
