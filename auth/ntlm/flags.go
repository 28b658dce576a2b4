package ntlm

import (
	"fmt"
	"strings"
)

// Flags are the NEGOTIATE flags, [MS-NLMP] 2.2.2.5.
type Flags uint32

const (
	FlagUnicode         Flags = 0x1        // NTLMSSP_NEGOTIATE_UNICODE
	FlagRequestTarget   Flags = 0x4        // NTLMSSP_REQUEST_TARGET
	FlagSign            Flags = 0x10       // NTLMSSP_NEGOTIATE_SIGN
	FlagSeal            Flags = 0x20       // NTLMSSP_NEGOTIATE_SEAL
	FlagNTLM            Flags = 0x200      // NTLMSSP_NEGOTIATE_NTLM
	FlagAnonymous       Flags = 0x800      // J in 2.2.2.5
	FlagLocalCall       Flags = 0x4000     // not in 2.2.2.5: client and server are the same machine
	FlagAlwaysSign      Flags = 0x8000     // NTLMSSP_NEGOTIATE_ALWAYS_SIGN
	FlagTargetServer    Flags = 0x20000    // NTLMSSP_TARGET_TYPE_SERVER
	FlagSessionSecurity Flags = 0x80000    // NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY
	FlagTargetInfo      Flags = 0x800000   // NTLMSSP_NEGOTIATE_TARGET_INFO
	FlagVersion         Flags = 0x2000000  // NTLMSSP_NEGOTIATE_VERSION
	Flag128             Flags = 0x20000000 // NTLMSSP_NEGOTIATE_128
	FlagKeyExchange     Flags = 0x40000000 // NTLMSSP_NEGOTIATE_KEY_EXCH
	Flag56              Flags = 0x80000000 // NTLMSSP_NEGOTIATE_56
)

var flagNames = []struct {
	flag Flags
	name string
}{
	{FlagUnicode, "UNICODE"},
	{FlagRequestTarget, "REQUEST_TARGET"},
	{FlagSign, "SIGN"},
	{FlagSeal, "SEAL"},
	{FlagNTLM, "NTLM"},
	{FlagAnonymous, "ANONYMOUS"},
	{FlagLocalCall, "LOCAL_CALL"},
	{FlagAlwaysSign, "ALWAYS_SIGN"},
	{FlagTargetServer, "TARGET_TYPE_SERVER"},
	{FlagSessionSecurity, "EXTENDED_SESSIONSECURITY"},
	{FlagTargetInfo, "TARGET_INFO"},
	{FlagVersion, "VERSION"},
	{Flag128, "128"},
	{FlagKeyExchange, "KEY_EXCH"},
	{Flag56, "56"},
}

// String lists the flags by name, those without one as a number.
func (f Flags) String() string {
	var list []string
	for _, n := range flagNames {
		if f&n.flag != 0 {
			list = append(list, n.name)
			f &^= n.flag
		}
	}
	if f != 0 || len(list) == 0 {
		list = append(list, fmt.Sprintf("%#x", uint32(f)))
	}
	return strings.Join(list, "|")
}

// needed is what this package does not go without: names in Unicode, and a
// session security that does not fall back to 40 bits or to NTLMv1.
const needed = FlagUnicode | FlagNTLM | FlagSessionSecurity | Flag128

// granted is what a server agrees to when a client asks for it.
const granted = needed | FlagRequestTarget | FlagSign | FlagSeal | FlagAlwaysSign | FlagVersion | FlagKeyExchange | Flag56

// asked is what a client asks for.
const asked = needed | FlagRequestTarget | FlagSign | FlagAlwaysSign | FlagVersion | FlagKeyExchange

// exchangesKey says that AUTHENTICATE carries a session key, 3.1.5.1.2.
func (f Flags) exchangesKey() bool {
	return f&FlagKeyExchange != 0 && f&(FlagSign|FlagSeal) != 0
}
