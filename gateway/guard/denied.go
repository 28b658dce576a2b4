package guard

import (
	"context"
	"log/slog"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/policy"
)

// A denial is a reason that the log has been told.
type denial struct {
	reason      policy.Reason
	rule        *policy.Rule
	requirement *policy.Requirement
	other       string
}

// tell logs that a request is denied. g.mu is held.
func (g *Server) tell(path string, v policy.Verdict, r *tree.Request) {
	g.log(denial{v.Reason, v.Rule, v.Requirement, ""}, path, v.String(), r)
}

// refuse logs that a request is denied, although rules allow it.
func (g *Server) refuse(at *open, r *tree.Request, reason string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	path, _ := at.name()
	g.log(denial{other: reason}, path, reason, r)
}

// maxLogged bounds a path in the log, in bytes: clients write what they like.
const maxLogged = 300

// log says so once for each reason. g.mu is held.
func (g *Server) log(d denial, path, reason string, r *tree.Request) {
	level := slog.LevelInfo
	if g.told[d] {
		level = slog.LevelDebug
	}
	g.told[d] = true
	if len(path) > maxLogged {
		path = path[:maxLogged] + "..."
	}
	g.Log.Log(context.Background(), level, "denied", "user", g.facts.User, "mount", g.facts.Mount, "path", path,
		"command", r.Header().Command(), "reason", reason)
}
