package spnego

// A tag is the identifier of a DER element, [X.690] 8.1.2. All that SPNEGO has
// fit one byte.
type tag byte

const (
	tagBits        tag = 0x03 // BIT STRING
	tagOctets      tag = 0x04 // OCTET STRING
	tagOID         tag = 0x06 // OBJECT IDENTIFIER
	tagEnum        tag = 0x0a // ENUMERATED
	tagText        tag = 0x1b // GeneralString
	tagSequence    tag = 0x30 // SEQUENCE
	tagApplication tag = 0x60 // [APPLICATION 0]
	tagContext     tag = 0xa0 // [0], constructed; [1] follows
)

// A reader takes DER elements off the front of b. Once something is wrong it
// reads nothing more and ok stays false: one check at the end is enough.
type reader struct {
	b  []byte
	ok bool
}

// next says whether an element of that tag comes next.
func (r *reader) next(t tag) bool { return len(r.b) > 0 && tag(r.b[0]) == t }

// element takes the element that comes next, which must have that tag, and
// returns its content.
func (r *reader) element(t tag) []byte {
	if !r.next(t) {
		return r.bad()
	}
	n, head := derLength(r.b)
	if head == 0 || n > len(r.b)-head {
		return r.bad()
	}
	content := r.b[head : head+n : head+n]
	r.b = r.b[head+n:]
	return content
}

func (r *reader) bad() []byte {
	r.b, r.ok = nil, false
	return nil
}

// within is element, for reading what is inside. A failure inside is told to r
// by close.
func (r *reader) within(t tag) reader { return reader{r.element(t), r.ok} }

// close ends the reading of an element inside r: nothing may be left of it.
func (r *reader) close(inner reader) {
	if !inner.ok || len(inner.b) > 0 {
		r.bad()
	}
}

// only takes an element of tag outer that has one of tag inner for all its
// content, and returns the content of that.
func (r *reader) only(outer, inner tag) []byte {
	in := r.within(outer)
	content := in.element(inner)
	r.close(in)
	return content
}

// derLength reads the length of the element that b begins with, and returns it
// together with the bytes before the content; 0 when it is not DER. Four bytes
// of length are more than a token has, so three are the most.
func derLength(b []byte) (n, head int) {
	if len(b) < 2 {
		return 0, 0
	}
	first := int(b[1])
	if first < 0x80 {
		return first, 2
	}
	more := first & 0x7f
	if more == 0 || more > 3 || len(b) < 2+more || b[2] == 0 {
		return 0, 0 // indefinite, too long, cut off, or not the shortest
	}
	for _, d := range b[2 : 2+more] {
		n = n<<8 | int(d)
	}
	if n < 0x80 {
		return 0, 0 // not the shortest
	}
	return n, 2 + more
}

// wrap appends an element around content.
func wrap(b []byte, t tag, content []byte) []byte {
	b = append(b, byte(t))
	n := len(content)
	switch {
	case n < 0x80:
		b = append(b, byte(n))
	case n < 1<<8:
		b = append(b, 0x81, byte(n))
	case n < 1<<16:
		b = append(b, 0x82, byte(n>>8), byte(n))
	default:
		b = append(b, 0x83, byte(n>>16), byte(n>>8), byte(n))
	}
	return append(b, content...)
}
