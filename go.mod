module github.com/smbgw/smbgw

go 1.26.8

require (
	// The nearest known word to a misspelled one, in the configuration's mistakes. HCL needs it too.
	github.com/agext/levenshtein v1.2.1
	// Calls of libibverbs and librdmacm without a C compiler; both are loaded when there are.
	github.com/ebitengine/purego v0.11.3
	// The configuration language, with ranges for every mistake.
	github.com/hashicorp/hcl/v2 v2.25.0
	// QUIC, for SMB over QUIC: not in the standard library.
	github.com/quic-go/quic-go v0.65.0
	// The types of HCL's values.
	github.com/zclconf/go-cty v1.19.0
	// MD4, which NTLM hashes passwords with: not in the standard library.
	golang.org/x/crypto v0.57.0
	// Socket options, vectored reads and writes, and the modes of a terminal, that package syscall does not have.
	golang.org/x/sys v0.49.0
)

require (
	github.com/BurntSushi/toml v1.4.1-0.20240526193622-a339e1f7089c // indirect
	github.com/apparentlymart/go-textseg/v15 v15.0.0 // indirect
	github.com/apparentlymart/go-textseg/v17 v17.0.1 // indirect
	github.com/mitchellh/go-wordwrap v1.0.1 // indirect
	golang.org/x/exp/typeparams v0.0.0-20231108232855-2478ac86f678 // indirect
	golang.org/x/mod v0.41.0 // indirect
	golang.org/x/net v0.59.0 // indirect
	golang.org/x/sync v0.23.0 // indirect
	golang.org/x/text v0.42.0 // indirect
	golang.org/x/tools v0.51.0 // indirect
	honnef.co/go/tools v0.8.2 // indirect
)

// Static analysis for .ci/run; nothing of it is compiled in.
tool honnef.co/go/tools/cmd/staticcheck
