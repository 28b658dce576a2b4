package mapped

import "math/bits"

// Classes of blocks: multiples of align up to linear, then so many steps to each
// power of two, up to the largest class. Longer blocks have no class: they are
// rare, and their chunks are not kept.
const (
	linearBits = 11
	stepBits   = 5
	maxBits    = 25 // 32 MiB
	numClasses = 1<<stepBits + (maxBits-linearBits)<<stepBits

	unclassed = -1
)

// classOf is the smallest class whose blocks hold n bytes.
func classOf(n int) int {
	if n <= 1<<linearBits {
		return max(n-1, 0) / align
	}
	if n > 1<<maxBits {
		return unclassed
	}
	power := bits.Len(uint(n-1)) - 1 // 1<<power < n <= 2<<power
	step := (n - 1 - 1<<power) >> (power - stepBits)
	return (power-linearBits+1)<<stepBits + step
}

// sizeOf is the length of a class's blocks.
func sizeOf(class int) int {
	if class < 1<<stepBits {
		return (class + 1) * align
	}
	power := linearBits + class>>stepBits - 1
	step := class&(1<<stepBits-1) + 1
	return 1<<power + step<<(power-stepBits)
}

// blocksOf is how many blocks of a size a chunk has.
func blocksOf(size int) int {
	if size > maxShared {
		return 1
	}
	return (chunkSize + size - 1) / size
}
