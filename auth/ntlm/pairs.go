package ntlm

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// A PairID is the AvId of 2.2.2.1.
type PairID uint16

const (
	PairEnd             PairID = 0  // MsvAvEOL
	PairNetBIOSComputer PairID = 1  // MsvAvNbComputerName
	PairNetBIOSDomain   PairID = 2  // MsvAvNbDomainName
	PairDNSComputer     PairID = 3  // MsvAvDnsComputerName
	PairDNSDomain       PairID = 4  // MsvAvDnsDomainName
	PairFlags           PairID = 6  // MsvAvFlags
	PairTimestamp       PairID = 7  // MsvAvTimestamp
	PairTargetName      PairID = 9  // MsvAvTargetName
	PairChannelBindings PairID = 10 // MsvAvChannelBindings
)

var pairNames = map[PairID]string{
	PairEnd:             "MsvAvEOL",
	PairNetBIOSComputer: "MsvAvNbComputerName",
	PairNetBIOSDomain:   "MsvAvNbDomainName",
	PairDNSComputer:     "MsvAvDnsComputerName",
	PairDNSDomain:       "MsvAvDnsDomainName",
	PairFlags:           "MsvAvFlags",
	PairTimestamp:       "MsvAvTimestamp",
	PairTargetName:      "MsvAvTargetName",
	PairChannelBindings: "MsvAvChannelBindings",
}

func (id PairID) String() string {
	if s, ok := pairNames[id]; ok {
		return s
	}
	return fmt.Sprintf("%#x", uint16(id))
}

// pairHasMIC in the value of PairFlags: AUTHENTICATE has a MIC.
const pairHasMIC = 2

// A Pair is an AV_PAIR, [MS-NLMP] 2.2.2.1.
//
//	AvId[2] AvLen[2] Value[AvLen]
type Pair struct {
	ID    PairID
	Value []byte
}

// Pairs is a list of pairs without its end, which PairEnd marks on the wire.
type Pairs []Pair

const pairsName, pairsSection = "AV_PAIR", "2.2.2.1"

// ParsePairs reads a list up to its end and returns what is behind.
func ParsePairs(b []byte) (list Pairs, rest []byte, err error) {
	c := cursor{b, true}
	for len(list) <= maxPairs {
		id, n := PairID(c.u16()), c.u16()
		value := c.take(int(n))
		switch {
		case !c.ok:
			return nil, nil, &ParseError{pairsName, pairsSection, "the list has no end"}
		case id == PairEnd && n != 0:
			return nil, nil, &ParseError{pairsName, pairsSection, "MsvAvEOL has a value"}
		case id == PairEnd:
			return list, c.b, nil
		}
		list = append(list, Pair{id, value})
	}
	return nil, nil, &ParseError{pairsName, pairsSection, fmt.Sprintf("more than %d pairs", maxPairs)}
}

// AppendTo appends the list and its end.
func (p Pairs) AppendTo(b []byte) []byte {
	for _, pair := range p {
		b = append(le16(le16(b, uint16(pair.ID)), uint16(len(pair.Value))), pair.Value...)
	}
	return le32(b, 0)
}

// find is the value of the first pair of a kind.
func (p Pairs) find(id PairID) ([]byte, bool) {
	for _, pair := range p {
		if pair.ID == id {
			return pair.Value, true
		}
	}
	return nil, false
}

// has says whether a pair is there as it is.
func (p Pairs) has(want Pair) bool {
	for _, pair := range p {
		if pair.ID == want.ID && bytes.Equal(pair.Value, want.Value) {
			return true
		}
	}
	return false
}

// without is the list less the pairs of some kinds.
func (p Pairs) without(ids ...PairID) Pairs {
	var list Pairs
	for _, pair := range p {
		drop := false
		for _, id := range ids {
			drop = drop || pair.ID == id
		}
		if !drop {
			list = append(list, pair)
		}
	}
	return list
}

// flags joins the bits of all PairFlags and counts them.
func (p Pairs) flags() (bits uint32, count int, err error) {
	for _, pair := range p {
		if pair.ID != PairFlags {
			continue
		}
		if len(pair.Value) != 4 {
			return 0, 0, &ParseError{pairsName, pairsSection, fmt.Sprintf("MsvAvFlags has %d bytes, not 4", len(pair.Value))}
		}
		bits |= binary.LittleEndian.Uint32(pair.Value)
		count++
	}
	return bits, count, nil
}

// timestamp is the time of the server.
func (p Pairs) timestamp() (Time, bool, error) {
	v, ok := p.find(PairTimestamp)
	if !ok {
		return 0, false, nil
	}
	if len(v) != 8 {
		return 0, false, &ParseError{pairsName, pairsSection, fmt.Sprintf("MsvAvTimestamp has %d bytes, not 8", len(v))}
	}
	return Time(binary.LittleEndian.Uint64(v)), true, nil
}
