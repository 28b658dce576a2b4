package ntlm

import "time"

// A Time is a FILETIME, [MS-DTYP] 2.3.3: 100 ns since 1601.
type Time uint64

// epoch is 1970 as a Time.
const epoch Time = 116444736000000000

const ticks = Time(time.Second / 100)

// timeOf is the time before which t, in Time's steps, is not.
func timeOf(t time.Time) Time {
	return epoch + Time(t.Unix())*ticks + Time(t.Nanosecond()/100)
}

// apart is how far two times are from each other, in Time's steps.
func (t Time) apart(u Time) Time {
	if t < u {
		return u - t
	}
	return t - u
}
