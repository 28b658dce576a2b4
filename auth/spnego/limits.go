package spnego

const (
	// maxMechanisms bounds a peer's list. Windows sends four or five.
	maxMechanisms = 32

	// maxOID bounds an object identifier, in bytes of DER. The longest of a known
	// mechanism has 11.
	maxOID = 64

	// maxRounds bounds the tokens of one log-in. NTLM takes two, Kerberos up to
	// three, and the signature one more.
	maxRounds = 10
)
