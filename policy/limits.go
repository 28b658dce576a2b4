package policy

const (
	// MaxRules bounds the rules of one policy: Decide compares each with each
	// and keeps all on its stack. Files that people write have dozens.
	MaxRules = 256

	// MaxDepth bounds the components of a path in a rule, which is a rank and
	// has to fit one.
	MaxDepth = 64
)
