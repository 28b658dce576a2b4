package config

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/smbgw/smbgw/gateway/limit"
	"github.com/zclconf/go-cty/cty"
)

// inBytes are the kinds that are given in bytes.
func inBytes(k limit.Kind) bool {
	return k == limit.Memory || k == limit.Bytes || k == limit.BytesPerSecond
}

// fewest is the least that a kind may be limited to.
func fewest(k limit.Kind) int64 {
	switch k {
	case limit.BytesPerSecond:
		return minBytesPerSecond
	case limit.RequestsPerSecond:
		return minRequestsPerSecond
	}
	return 1
}

// quantity decodes a number, of bytes with a unit if it likes, or "unlimited".
func (l *loader) quantity(a *hcl.Attribute, k limit.Kind, n *int64) bool {
	example := fmt.Sprintf(`a whole number from %d on, or "unlimited"`, fewest(k))
	if inBytes(k) {
		example = fmt.Sprintf(`like "64MiB", at least %s, or "unlimited"`, bytesOf(fewest(k)))
	}
	v, diags := a.Expr.Value(nil)
	got, ok := int64(0), false
	switch {
	case diags.HasErrors() || v.IsNull() || !v.IsKnown():
	case v.Type() == cty.Number:
		whole, accuracy := v.AsBigFloat().Int64()
		got, ok = whole, accuracy == big.Exact
	case v.Type() == cty.String && v.AsString() == unlimited:
		*n = 0
		return true
	case v.Type() == cty.String && inBytes(k):
		got, ok = parseBytes(v.AsString())
	}
	if !ok || got < fewest(k) || got > maxLimit {
		l.report(a.Expr.Range(), "%v is %s", k, example)
		return false
	}
	*n = got
	return true
}

// unlimited is the word that lifts a limit.
const unlimited = "unlimited"

var units = []struct {
	name string
	size int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}}

// parseBytes is a number of bytes with or without a unit.
func parseBytes(s string) (int64, bool) {
	for _, u := range units {
		digits, ok := strings.CutSuffix(s, u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		return n * u.size, err == nil && n >= 0 && n <= maxLimit/u.size
	}
	return 0, false
}

// bytesOf is a number of bytes as people write it.
func bytesOf(n int64) string {
	for _, u := range units {
		if n%u.size == 0 {
			return fmt.Sprint(n/u.size, u.name)
		}
	}
	return fmt.Sprint(n)
}
