package fscc

// MaxEntries bounds the entries of a list that is read: what 8 MiB, the most
// that one reply carries, holds of the smallest ones.
const MaxEntries = 8 << 20 / 16
