package main

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/cmd/smbgw/config"
	"github.com/smbgw/smbgw/policy"
	"github.com/smbgw/smbgw/smb2"
)

// A question is what explain is asked, word by word.
type question struct {
	config   *config.Config
	networks map[string]network
	facts    policy.Facts
	stage    policy.Stage
	policy   *policy.Policy
	listed   string // the name of the listener, "" when it is not said
}

// questionWords is THE table of the words of explain. The furthest of them is the stage.
func questionWords() map[string]func(q *question, value string) error {
	return map[string]func(*question, string) error{
		"listener": (*question).listener,
		"from":     (*question).from,
		"user":     (*question).user,
		"mount":    (*question).mount,
		"path":     (*question).path,
		"op":       (*question).op,
	}
}

// explain prints what the policy of a listener decides, and why. What there is no
// word for, and what was not said, is taken to be as assumed tells.
func explain(_ context.Context, inv *invocation) int {
	c, status := inv.load()
	if c == nil {
		return status
	}
	q := &question{config: c, networks: inv.networks}
	q.facts.Dialect, q.facts.Signed, q.facts.Encrypted = smb2.Dialect311, true, true
	words := questionWords()
	for _, arg := range inv.args {
		key, value, ok := strings.Cut(arg, "=")
		set := words[key]
		if !ok || set == nil {
			return inv.wrong("explain does not know %q; say KEY=VALUE with one of %s", arg, strings.Join(slices.Sorted(maps.Keys(words)), ", "))
		}
		if err := set(q, value); err != nil {
			return inv.wrong("%v", err)
		}
	}
	if q.listed == "" {
		return inv.wrong("explain needs listener=NAME: a policy is a listener's")
	}
	if q.policy == nil {
		fmt.Fprintf(inv.stdout, "listen %q has no policy: whoever logs in may do what its users may\n", q.listed)
		return exitOK
	}
	q.print(inv)
	return exitOK
}

func (q *question) listener(value string) error {
	var names []string
	for i := range q.config.Listeners {
		l := &q.config.Listeners[i]
		if l.Name == value {
			q.facts.Listener, q.facts.Transport = l.Name, l.Addr.Network
			q.facts.Secure = q.networks[l.Addr.Network].TLS
			q.policy, q.listed = l.Policy, l.Name
			return nil
		}
		names = append(names, l.Name)
	}
	return fmt.Errorf("there is no listener %q; there are %s", value, strings.Join(names, ", "))
}

func (q *question) from(value string) (err error) {
	if q.facts.Address, err = netip.ParseAddr(value); err != nil {
		return fmt.Errorf("from is an IP address, not %q", value)
	}
	return nil
}

func (q *question) user(value string) error {
	q.facts.User, q.stage = value, max(q.stage, policy.Session)
	if q.config.Users != nil {
		q.facts.Groups = q.config.Users.Groups.Of(value)
	}
	return nil
}

func (q *question) mount(value string) error {
	q.facts.Mount, q.stage = value, max(q.stage, policy.Tree)
	names := []string{"IPC$"}
	for _, m := range q.config.Mounts {
		names = append(names, m.Name)
	}
	if !slices.ContainsFunc(names, func(n string) bool { return auth.Upper(n) == auth.Upper(value) }) {
		return fmt.Errorf("there is no mount %q; there are %s", value, strings.Join(names, ", "))
	}
	return nil
}

func (q *question) path(value string) error {
	q.facts.Path, q.stage = value, policy.Operation
	return nil
}

// leastAccess is what an operation of a class needs at least: policy.Classify.
var leastAccess = map[policy.Class]policy.Access{
	policy.ClassPipe:     policy.ReadOnly,
	policy.ClassFSCTL:    policy.List,
	policy.ClassSecurity: policy.ReadWrite,
	policy.ClassSnapshot: policy.List,
}

// op is an access that is needed, a class of operations, or an FSCTL by its name
// or number. Several are of one operation.
func (q *question) op(value string) error {
	q.stage = policy.Operation
	accesses, classes := policy.AccessNames(), policy.ClassNames()
	if a, ok := accesses[value]; ok {
		q.acts(policy.Action{Access: a})
		return nil
	}
	if c, ok := classes[value]; ok {
		q.acts(policy.Action{Access: leastAccess[c], Class: c})
		return nil
	}
	if code, ok := smb2.FSCTLNamed(value); ok {
		q.acts(policy.ClassifyFSCTL(code))
		return nil
	}
	if n, err := strconv.ParseUint(value, 0, 32); err == nil && n > 0 {
		q.acts(policy.ClassifyFSCTL(smb2.FSCTL(n)))
		return nil
	}
	return fmt.Errorf("op %q is unknown; it is one of %s, %s, or an FSCTL like SET_SPARSE or 0x900c4", value,
		strings.Join(slices.Sorted(maps.Keys(accesses)), ", "), strings.Join(slices.Sorted(maps.Keys(classes)), ", "))
}

// acts adds to what the operation does.
func (q *question) acts(a policy.Action) {
	to := &q.facts.Action
	to.Access, to.Class = max(to.Access, a.Access), to.Class|a.Class
	if a.FSCTL != 0 {
		to.FSCTL = a.FSCTL
	}
}

// assumed says what the verdict rests on besides what was said.
func (q *question) assumed() string {
	said := "dialect 3.1.1, signed and encrypted, without a certificate"
	if !q.facts.Address.IsValid() {
		said += ", from no address (from=ADDRESS says it)"
	}
	if q.stage == policy.Operation {
		said += ", needs " + q.facts.Action.Access.String() // op=WORD says it
	}
	return said
}

// print writes the verdict and every rule with what became of it.
func (q *question) print(inv *invocation) {
	if a := &q.facts.Action; q.stage == policy.Operation && *a == (policy.Action{}) {
		a.Access = policy.List // what is there is named, and nothing asked of it
	}
	v, rules, asked := q.policy.Explain(q.stage, &q.facts)
	fmt.Fprintf(inv.stdout, "%v (stage: %v)\n", v, q.stage)
	fmt.Fprintf(inv.stdout, "  taken to be: %s\n", q.assumed())
	for _, c := range rules {
		fmt.Fprintf(inv.stdout, "  %v: %v: %v: %s\n", c.Rule.Place, c.Rule.Verb, c.Result, c.Why)
	}
	for _, r := range asked {
		fmt.Fprintf(inv.stdout, "  %v: requires %v\n", r.Place, r)
	}
}
