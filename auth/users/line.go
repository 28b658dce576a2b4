package users

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/smbgw/smbgw/auth"
)

const (
	hashDigits = 32
	noHash     = "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"
	noPassword = "NO PASSWORD"

	// emptyPassword is the NT hash of no letters at all.
	emptyPassword = "31d6cfe0d16ae931b73c59d7e0c089c0"

	// nobody is the uid of new lines: the format wants one, nobody here reads it.
	nobody = "65534"
)

// passedOver says that a line is no account.
func passedOver(line string) bool {
	line = strings.TrimSpace(line)
	return line == "" || line[0] == '#'
}

// parseLine reads an account's line. The problem is "" when there is none.
func parseLine(line string) (a auth.Account, problem string) {
	fields := strings.Split(strings.TrimRight(line, "\r"), ":")
	if len(fields) < 4 {
		return a, fmt.Sprintf("%d fields, not name:uid:LM hash:NT hash:[flags]:LCT-time:", len(fields))
	}
	a.Name = fields[0]
	if problem := CheckName(a.Name); problem != "" {
		return a, problem
	}
	hash, problem := parseHash(fields[3])
	if problem != "" {
		return a, problem
	}
	flags := ""
	if len(fields) > 4 {
		if flags, problem = parseFlags(fields[4]); problem != "" {
			return a, problem
		}
	}
	a.Disabled = strings.ContainsAny(flags, "DL")
	if !strings.Contains(flags, "N") {
		a.Hash = hash
	}
	return a, ""
}

// CheckName says what is wrong with a name, or "".
func CheckName(name string) string {
	switch {
	case name == "":
		return "the name is empty"
	case len(name) > maxName:
		return fmt.Sprintf("the name has %d bytes, more than %d", len(name), maxName)
	case !utf8.ValidString(name):
		return "the name is not UTF-8"
	case strings.ContainsFunc(name, unicode.IsControl) || strings.ContainsAny(name, `:/\`):
		return `the name has one of : / \ or a control character in it`
	case name[0] == '#' || name[0] == '@' || strings.TrimSpace(name) != name:
		return "the name begins with # or @, or begins or ends with a space"
	}
	return ""
}

func parseHash(field string) (hash auth.Secret, problem string) {
	if len(field) != hashDigits {
		return hash, fmt.Sprintf("the NT hash has %d digits, not %d", len(field), hashDigits)
	}
	if field[0] == 'X' || strings.HasPrefix(field, noPassword) || strings.EqualFold(field, emptyPassword) {
		return hash, ""
	}
	b, err := hex.DecodeString(field)
	if err != nil {
		return hash, "the NT hash is not hexadecimal"
	}
	return auth.NewSecret(b), ""
}

// parseFlags reads [UX         ]. In files of old there is the time in its place,
// or nothing.
func parseFlags(field string) (flags, problem string) {
	if field == "" || strings.HasPrefix(field, "LCT-") {
		return "", ""
	}
	inner, ok := strings.CutPrefix(field, "[")
	if ok {
		inner, ok = strings.CutSuffix(inner, "]")
	}
	for _, r := range inner {
		ok = ok && (r == ' ' || 'A' <= r && r <= 'Z')
	}
	if !ok {
		return "", "the flags are not letters and spaces in brackets"
	}
	return inner, ""
}

// formatLine is the line of a user with a password, with what was said in the
// line that it replaces, if that is not "".
func formatLine(name string, hash auth.Secret, old string, now time.Time) string {
	uid, flags := nobody, "U"
	if fields := strings.Split(old, ":"); len(fields) > 1 {
		uid = fields[1]
		if len(fields) > 4 {
			if kept, problem := parseFlags(fields[4]); problem == "" && kept != "" {
				flags = strings.NewReplacer("N", "", " ", "").Replace(kept)
			}
		}
	}
	return fmt.Sprintf("%s:%s:%s:%s:[%-11s]:LCT-%08X:", name, uid, noHash, strings.ToUpper(hex.EncodeToString(hash.Bytes())), flags, uint32(now.Unix()))
}
