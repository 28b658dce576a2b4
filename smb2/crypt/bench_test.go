package crypt

import (
	"fmt"
	"testing"

	"github.com/smbgw/smbgw/smb2"
)

var benchSizes = []int{64, 4 << 10, 1 << 20}

func BenchmarkSign(b *testing.B) {
	benchSigning(b, func(s, _ *Signer, m []byte) error { return s.Sign(m) })
}
func BenchmarkVerify(b *testing.B) {
	benchSigning(b, func(_, v *Signer, m []byte) error { return v.Verify(m) })
}

func benchSigning(b *testing.B, f func(s, v *Signer, m []byte) error) {
	for _, a := range []Signing{HMACSHA256, AESCMAC, AESGMAC} {
		suite := Suite{smb2.Dialect311, a, NoCipher}
		client, server := pair(b, suite, 1)
		s, v := must(client.Signer(suite)), must(server.Signer(suite))
		for _, n := range benchSizes {
			m := request(n - smb2.HeaderSize)
			if err := s.Sign(m); err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("%v/%d", a, n), func(b *testing.B) {
				b.SetBytes(int64(n))
				b.ReportAllocs()
				for b.Loop() {
					if err := f(s, v, m); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkSeal(b *testing.B) { benchSealing(b, false) }
func BenchmarkOpen(b *testing.B) { benchSealing(b, true) }

// Opening benchmarks put the ciphertext back for every round.
func benchSealing(b *testing.B, open bool) {
	for _, c := range []Cipher{AES128CCM, AES128GCM, AES256CCM, AES256GCM} {
		client, server := pair(b, Suite{smb2.Dialect311, AESCMAC, c}, 1)
		s, o := must(client.Sealer()), must(server.Opener())
		for _, n := range benchSizes {
			for _, room := range []int{0, tagSize} {
				size := TransformSize + n
				m := append(make([]byte, TransformSize, size+room), request(n-smb2.HeaderSize)...)[: size : size+room]
				s.Seal(m, 1)
				sealed := append([]byte(nil), m...)
				b.Run(fmt.Sprintf("%v/%d/room=%d", c, n, room), func(b *testing.B) {
					b.SetBytes(int64(n))
					b.ReportAllocs()
					for b.Loop() {
						var err error
						if open {
							copy(m, sealed)
							_, err = o.Open(m)
						} else {
							err = s.Seal(m, 1)
						}
						if err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}

// What the standard library's GCM takes for the same bytes, as a yardstick.
func BenchmarkRawGCM(b *testing.B) {
	for _, n := range benchSizes {
		g := newAEAD(newAES(make([]byte, 16)))
		m, nonce, additional := make([]byte, n+tagSize), make([]byte, gcmNonce), make([]byte, 32)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.SetBytes(int64(n))
			for b.Loop() {
				g.Seal(m[:0], nonce, m[:n], additional)
			}
		})
	}
}
