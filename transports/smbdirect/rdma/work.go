package rdma

import "fmt"

// CheckWork holds a list of work to what no provider takes otherwise: what an
// operation cannot have, more than its segment, and reads of a peer that
// accepts none. Lengths of one provider alone are its own to check.
func CheckWork(list []Work, ord int) error {
	for i := range list {
		w := &list[i]
		switch {
		case w.Op > OpRead:
			return fmt.Errorf("work %d: no operation %d", i, w.Op)
		case w.Op != OpSend && (len(w.Head) > 0 || w.Invalidates):
			return fmt.Errorf("work %d: head or invalidation without a send", i)
		case w.Op != OpSend && uint64(len(w.Body)) > uint64(w.Remote.Length):
			return fmt.Errorf("work %d: %d bytes for a segment of %d", i, len(w.Body), w.Remote.Length)
		case w.Op == OpRead && len(w.Body) > 0 && ord == 0:
			return ErrNoReads
		}
	}
	return nil
}
