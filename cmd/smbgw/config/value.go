package config

import (
	"math/big"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// A word is a string of the file with its place.
type word struct {
	value string
	at    hcl.Range
	// exact says that the characters between the quotes are the value's own,
	// one for one, so that a part of the value has a place too.
	exact bool
}

// part is the place of n bytes of the word from offset on.
func (w word) part(offset, n int) hcl.Range {
	if !w.exact || offset < 0 || n < 0 || offset+n > len(w.value) {
		return w.at
	}
	r := w.at
	r.Start.Byte += offset
	r.Start.Column += offset
	r.End = r.Start
	r.End.Byte += n
	r.End.Column += n
	return r
}

// str is the string that e must be; what names it for the mistake.
func (l *loader) str(e hcl.Expression, what string) (word, bool) {
	w := word{at: e.Range()}
	v, ok := l.literal(e, cty.String, what, "a string in quotes")
	if !ok {
		return w, false
	}
	w.value = v.AsString()
	w.at, w.exact = l.inside(e, w.value)
	return w, true
}

// inside is the place between the quotes of a literal, where the source has
// the very characters of the value.
func (l *loader) inside(e hcl.Expression, value string) (hcl.Range, bool) {
	t, ok := e.(*hclsyntax.TemplateExpr)
	if !ok || len(t.Parts) != 1 {
		return e.Range(), false
	}
	r := t.Parts[0].Range()
	if r.End.Byte > len(l.src) || string(r.SliceBytes(l.src)) != value || !ascii(value) {
		return e.Range(), false
	}
	return r, true
}

// ascii says that bytes are columns.
func ascii(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func (l *loader) boolean(a *hcl.Attribute, b *bool) {
	if v, ok := l.literal(a.Expr, cty.Bool, a.Name, "true or false, without quotes"); ok {
		*b = v.True()
	}
}

// bytes decodes a whole number from 1 to maximum.
func (l *loader) bytes(a *hcl.Attribute, maximum uint32, n *uint32) {
	v, ok := l.literal(a.Expr, cty.Number, a.Name, "a number of bytes, without quotes")
	if !ok {
		return
	}
	whole, accuracy := v.AsBigFloat().Uint64()
	if accuracy != big.Exact || whole < 1 || whole > uint64(maximum) {
		l.report(a.Expr.Range(), "%s must be a whole number of bytes from 1 to %d", a.Name, maximum)
		return
	}
	*n = uint32(whole)
}

// strings is the list of strings that a must be.
func (l *loader) strings(a *hcl.Attribute, example string) []word {
	list, diags := hcl.ExprList(a.Expr)
	if diags.HasErrors() {
		l.report(a.Expr.Range(), "%s must be a list: %s = [%s]", a.Name, a.Name, example)
		return nil
	}
	if len(list) == 0 {
		l.report(a.Expr.Range(), "%s is empty; name at least one: %s = [%s]", a.Name, a.Name, example)
	}
	var words []word
	for _, e := range list {
		if w, ok := l.str(e, "each "+a.Name); ok {
			words = append(words, w)
		}
	}
	return words
}

// literal is the value of e when it has the type; what and want name both for
// the mistake.
func (l *loader) literal(e hcl.Expression, t cty.Type, what, want string) (cty.Value, bool) {
	v, diags := e.Value(nil)
	_, call := e.(*hclsyntax.FunctionCallExpr)
	switch {
	case len(e.Variables()) > 0:
		l.report(e.Range(), "%s must be %s; there are no variables here (are quotes missing?)", what, want)
	case call:
		l.report(e.Range(), "%s must be %s; there are no functions here", what, want)
	case diags.HasErrors():
		l.diagnostics(diags)
	case v.IsNull() || !v.IsKnown() || v.Type() != t:
		l.report(e.Range(), "%s must be %s", what, want)
	default:
		return v, true
	}
	return cty.NilVal, false
}
