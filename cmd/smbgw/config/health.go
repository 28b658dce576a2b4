package config

import (
	"regexp"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/smbgw/smbgw/gateway/health"
	"github.com/zclconf/go-cty/cty"
)

var healthSchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{{Name: "check"}, {Name: "interval"}},
}

// checks are the addresses of a backend that are checked.
var checks = map[string]health.Mode{
	"down":   health.WhenDown,
	"always": health.Always,
	"never":  health.Never,
}

// backendHealth decodes how long clients wait for a backend, and what is asked of
// its addresses meanwhile.
func (l *loader) backendHealth(content *hcl.BodyContent, o *health.Options) {
	l.within(content.Attributes["timeout"], "5s", minTimeout, maxTimeout, &o.Timeout)
	for _, b := range l.single(content.Blocks.OfType("health")) {
		content := l.content(b, healthSchema)
		choose(l, content.Attributes["check"], checks, &o.Mode)
		interval := content.Attributes["interval"]
		l.within(interval, "10s", minInterval, maxInterval, &o.Interval)
		if interval != nil && o.Mode == health.Never {
			l.report(interval.NameRange, `interval is of no use with check = "never"; remove it`)
		}
	}
}

// zeros is what a time of whole hours or minutes is written with at its end.
var zeros = regexp.MustCompile(`([hm])(0m)?0s$`)

func span(d time.Duration) string { return zeros.ReplaceAllString(d.String(), "$1") }

// within decodes a time between two; a is nil when the file does not say.
func (l *loader) within(a *hcl.Attribute, example string, least, most time.Duration, d *time.Duration) {
	if a == nil {
		return
	}
	v, ok := l.literal(a.Expr, cty.String, a.Name, `a time in quotes, as "`+example+`"`)
	if !ok {
		return
	}
	t, err := time.ParseDuration(v.AsString())
	switch {
	case err != nil:
		l.report(a.Expr.Range(), "%s %q is no time; write a number and a unit, as %q", a.Name, v.AsString(), example)
	case t < least || t > most:
		l.report(a.Expr.Range(), "%s must be from %v to %v", a.Name, span(least), span(most))
	default:
		*d = t
	}
}
