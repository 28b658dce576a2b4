package crypt

import (
	"bytes"
	"testing"
)

// [RFC 4493] 4.
func TestCMACVectors(t *testing.T) {
	t.Parallel()
	m := newAESCMAC(unhex(t, "2b7e151628aed2a6abf7158809cf4f3c"))
	message := unhex(t, "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710")
	for range 2 { // what one message leaves must not be in the next
		for n, want := range map[int]string{
			0: "bb1d6929e95937287fa37d129b756746", 16: "070a16b46b4d4144f79bdd9dd04a287c",
			40: "dfa66747de9ae63030ca32611497c827", 64: "51f0bebf7e3b9d92fc49741779363cfe",
		} {
			m.cbc.reset()
			if got := m.body(message[:n]); !bytes.Equal(got, unhex(t, want)) {
				t.Errorf("%d bytes: %x, want %s", n, got, want)
			}
		}
	}
	if want := unhex(t, "fbeed618357133667c85e08f7236a8de"); !bytes.Equal(m.k1[:], want) {
		t.Errorf("K1 %x", m.k1)
	}
	if want := unhex(t, "f7ddac306ae266ccf90bc11ee46d513b"); !bytes.Equal(m.k2[:], want) {
		t.Errorf("K2 %x", m.k2)
	}
}

// Keys that Microsoft has published for 3.0 and 3.1.1, and those with 256 bits
// of the same session.
func TestKeyVectors(t *testing.T) {
	t.Parallel()
	const hash = "0dd13628cc3ed218ef9df9772d436d0887ab9814bfae63a80aa845f36909db7928622dddad522d9751640a459762c5a9d6bb084cbb3ce6bdadef5d5bce3c6c01"
	const key311 = "270e1ba896585eeb7af3472d3b4c75a7"
	for _, c := range []struct {
		name                   string
		suite                  Suite
		key, hash              string
		signing, c2s, s2c, app string
	}{
		{"3.0", Suite{0x0300, AESCMAC, AES128CCM}, "7cd451825d0450d235424e44ba6e78cc", "",
			"0b7e9c5cac36c0f6ea9ab275298cedce", "fad27796665b313ebb578f388632b4f7", "b0f0427f7ceb416d1d9dcc0cd4f99447", "bb23a4575aa26c721af525af15a87b4f"},
		{"3.0 second channel", Suite{0x0300, AESCMAC, NoCipher}, "4e01a2b313bcf660cc250bef021aede6", "",
			"ba1a17dbbfec349bca105563d598952f", "", "", ""},
		{"3.1.1", Suite{0x0311, AESCMAC, AES128CCM}, key311, hash,
			"73fe7a9a77bef0bde49c650d8ccb5f76", "629bcbc54422a0f572b97f45989b6073", "e2af0dcefac68da71a0dfbd0d1350d74", "6d7ad7954e9ec61e907b4d473dc178ff"},
		{"3.1.1 second channel", Suite{0x0311, AESCMAC, NoCipher}, "84b9dbb730116a8fa6e9889555c265f9",
			"ea3bf912b11cbfec5b1889e8209614218687f82fa5294521ad3063425e49e88a10bd022124ce25123bc9111f52d9566ba88bf46344e6063dc5e3ff0389026f6c",
			"c962bca1a9dd1697b030644199705431", "", "", ""},
		{"3.1.1 with 256 bits", Suite{0x0311, AESCMAC, AES256GCM}, key311, hash, "73fe7a9a77bef0bde49c650d8ccb5f76",
			"049c27fd8a340262e32c643dea2ba507af7a4c085fd2505aeffcbdeae6d6d8ab", "35952fed051bf2471af5f7acc63674b887a54b47af46959f7caff1ce537d7419", ""},
	} {
		s, err := NewSession(c.suite, Client, unhex(t, c.key), unhex(t, c.hash))
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range []struct {
			got  Secret
			want string
		}{{s.signing, c.signing}, {s.seal, c.c2s}, {s.open, c.s2c}, {s.application, c.app}} {
			if k.want != "" && !bytes.Equal(k.got.Bytes(), unhex(t, k.want)) {
				t.Errorf("%s: %x, want %s", c.name, k.got.Bytes(), k.want)
			}
		}
	}
}

// An ECHO under the keys of TestKeyVectors, nonces 01 02 03 ...
func TestSealVectors(t *testing.T) {
	t.Parallel()
	echo := unhex(t, "fe534d4240000100000000000d00010000000000000000000500000000000000fffe00000000000019000000001000000000000000000000000000000000000004000000")
	const key128, key256 = "629bcbc54422a0f572b97f45989b6073", "049c27fd8a340262e32c643dea2ba507af7a4c085fd2505aeffcbdeae6d6d8ab"
	for c, v := range map[Cipher]struct{ key, tag, first, last string }{
		AES128GCM: {key128, "40b844390678974131c9c3c58e685faf", "6e06b85a7de4f6293f3fd54f2fdea307", "d99d2e04"},
		AES128CCM: {key128, "e9e25db1c1d8035501518e060e49ff7a", "f7e91165b6c1a3907191ff8f896ec574", "d89a4a24"},
		AES256GCM: {key256, "4958fd263fb84822e59341e4effb8372", "11b3368fb6d6e522cb1b0afdee430a6b", "3336099c"},
		AES256CCM: {key256, "f353a65f0b37216b0ffd8acc5b23c541", "ed58c859d5284bfae637423b392dbf8d", "e4da43f4"},
	} {
		b := append(make([]byte, TransformSize), echo...)
		x := transform(b)
		x.fill(0x100000000019)
		for i := range ciphers[c].nonce {
			x.nonce()[i] = byte(i + 1)
		}
		ciphers[c].new(unhex(t, v.key)).seal(x)
		if d := x.data(); !bytes.Equal(x.tag(), unhex(t, v.tag)) || !bytes.Equal(d[:16], unhex(t, v.first)) || !bytes.Equal(d[64:], unhex(t, v.last)) {
			t.Errorf("%v: %x", c, b)
		}
	}
}
