//go:build !race

package ntlm

import (
	"testing"

	"github.com/smbgw/smbgw/auth"
)

// What an unknown user costs is what a wrong password does.
func TestUnknownUserAllocsAlike(t *testing.T) {
	e := exchanges(t)[0]
	token := e.hex(t, "authenticate")
	cost := func(users people) float64 {
		server := &Server{Users: users, Now: captured}
		return testing.AllocsPerRun(100, func() {
			if _, _, err := acceptorOf(t, e, server).Accept(token); auth.KindOf(err) != auth.LogonFailure {
				t.Fatal(err)
			}
		})
	}
	wrong := cost(people{"tester": {Name: "tester", Hash: Hash("wrong")}})
	unknown := cost(people{"nobody": {Name: "nobody", Hash: Hash("wrong")}})
	if without := cost(people{"tester": {Name: "tester"}}); wrong != unknown || wrong != without {
		t.Errorf("%v allocations for a wrong password, %v for an unknown user, %v for one without a hash", wrong, unknown, without)
	}
}
