package smb2

import "testing"

// Reading, patching and building what is frequent allocates nothing.
func TestAllocations(t *testing.T) {
	element := named(t, "tcp-smb311-leases/10")
	closing := named(t, "tcp-smb311-leases/80")
	room := make([]byte, 0, 1024)
	list := make([]CreateContext, 0, MaxCreateContexts)
	elements := make([][]byte, 0, MaxElements)
	for name, f := range map[string]func() error{
		"CREATE": func() error {
			r, err := ParseCreateRequest(element)
			if err != nil {
				return err
			}
			r.Options |= OptionNonDirectory
			r.AppendBody(element[:HeaderSize])
			name, err := r.Name(element)
			if err != nil {
				return err
			}
			b, err := r.Contexts(element)
			if err != nil {
				return err
			}
			if list, err = ParseCreateContexts(list[:0], b); err != nil {
				return err
			}
			r.Append(room, name, list)
			return nil
		},
		"reply": func() error {
			AppendErrorReply(room, element, StatusAccessDenied, 1)
			return nil
		},
		"compound": func() (err error) {
			elements, err = Elements(elements[:0], closing)
			FileIDOf(elements[0])
			return err
		},
		"READ": func() error {
			r := ReadRequest{Length: 1 << 20}
			_, err := ParseReadRequest(r.Append(append(room, element[:HeaderSize]...), nil))
			return err
		},
	} {
		if err := f(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if n := testing.AllocsPerRun(100, func() { f() }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
