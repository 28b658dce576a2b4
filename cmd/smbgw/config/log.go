package config

import (
	"log/slog"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

var logSchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{{Name: "level"}, {Name: "format"}},
}

var levels = map[string]slog.Level{
	"debug": slog.LevelDebug,
	"info":  slog.LevelInfo,
	"warn":  slog.LevelWarn,
	"error": slog.LevelError,
}

var formats = map[string]Format{
	string(FormatText): FormatText,
	string(FormatJSON): FormatJSON,
}

func (l *loader) logs(blocks hcl.Blocks, log *Log) {
	for _, b := range l.single(blocks) {
		content := l.content(b, logSchema)
		choose(l, content.Attributes["level"], levels, &log.Level)
		choose(l, content.Attributes["format"], formats, &log.Format)
	}
}

// choose decodes one of a table's words; a is nil when the file does not say.
func choose[T any](l *loader, a *hcl.Attribute, table map[string]T, v *T) {
	if a == nil {
		return
	}
	w, ok := l.str(a.Expr, a.Name)
	if !ok {
		return
	}
	if t, ok := oneOf(l, w, a.Name, table); ok {
		*v = t
	}
}

// oneOf is what a table has for a word.
func oneOf[T any](l *loader, w word, what string, table map[string]T) (t T, ok bool) {
	if t, ok = table[w.value]; !ok {
		known := slices.Sorted(maps.Keys(table))
		l.report(w.at, "%s %q is unknown; it is one of %s%s", what, w.value, among(known), didYouMean(w.value, known))
	}
	return t, ok
}
