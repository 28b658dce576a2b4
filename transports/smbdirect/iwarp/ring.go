package iwarp

// A ring is a queue that keeps its memory. It grows by doubling; its users
// bound its length.
type ring[T any] struct {
	buf  []T // length a power of two
	head int
	n    int
}

func (r *ring[T]) len() int { return r.n }

// at is the i-th oldest entry, valid until the next push.
func (r *ring[T]) at(i int) *T { return &r.buf[(r.head+i)&(len(r.buf)-1)] }

// push adds an entry of zero value and returns it.
func (r *ring[T]) push() *T {
	if r.n == len(r.buf) {
		r.grow()
	}
	r.n++
	return r.at(r.n - 1)
}

// pop drops the oldest entry and what it refers to.
func (r *ring[T]) pop() {
	var zero T
	*r.at(0) = zero
	r.head = (r.head + 1) & (len(r.buf) - 1)
	r.n--
}

func (r *ring[T]) grow() {
	buf := make([]T, max(8, 2*len(r.buf)))
	for i := range r.n {
		buf[i] = *r.at(i)
	}
	r.buf, r.head = buf, 0
}
