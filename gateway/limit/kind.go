package limit

import "fmt"

// A Kind is what can be bounded.
type Kind uint8

// Kinds. Those up to Memory are refused when there are too many, the others paced.
const (
	Connections       Kind = iota // of clients
	Sessions                      // of users; of a mount: trees
	Opens                         // of files and folders
	Memory                        // bytes exposed for RDMA
	Requests                      // under way
	Bytes                         // of requests under way and their answers
	RequestsPerSecond             // begun
	BytesPerSecond                // of requests and answers
	NumberOfKinds
)

// counted is how many kinds are of what is had at once; the others are rates.
const counted = RequestsPerSecond

var kindNames = [NumberOfKinds]string{
	"connections", "sessions", "opens", "memory", "requests", "bytes", "requests_per_second", "bytes_per_second",
}

// String is the kind as the configuration calls it.
func (k Kind) String() string {
	if k < NumberOfKinds {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Paced says that what is beyond the limit has to wait, and is not refused.
func (k Kind) Paced() bool { return k >= Requests }

// Limits are the most of each kind; 0 is no limit.
type Limits [NumberOfKinds]int64
