package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// didYouMean is a question about the known word nearest to s, or "".
func didYouMean(s string, known []string) string {
	best, distance := "", maxDistance+1
	for _, k := range known {
		// A word of which nothing is left is no misspelling.
		d := levenshtein.Distance(s, k, nil)
		if d < distance && d < max(len(k), 2) {
			best, distance = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// wayOut is what helps with a name that is none of those known; none is what does
// where there are none.
func wayOut(s string, known []string, none string) string {
	switch q := didYouMean(s, known); {
	case q != "":
		return q
	case len(known) > 0:
		return "; there are " + among(known)
	}
	return "; " + none
}

// among lists words for a sentence, each once, in order of the alphabet.
func among(words []string) string {
	words = slices.Compact(slices.Sorted(slices.Values(words)))
	return strings.Join(words, ", ")
}
