package crypt

import (
	"bytes"
	"errors"
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
		x := newTransform(b, 0x100000000019)
		for i := range ciphers[c].nonce {
			x.Nonce()[i] = byte(i + 1)
		}
		ciphers[c].new(unhex(t, v.key)).seal(x)
		if d := x.Message(); !bytes.Equal(x.Signature(), unhex(t, v.tag)) || !bytes.Equal(d[:16], unhex(t, v.first)) || !bytes.Equal(d[64:], unhex(t, v.last)) {
			t.Errorf("%v: %x", c, b)
		}
	}
}

// NIST's CAVP, VNT192: nonces of 11 bytes, tags of 16 and additional data of 32,
// just what SMB has; the longer key is the vectors'.
func TestCCMVectors(t *testing.T) {
	t.Parallel()
	for _, v := range []struct{ nonce, additional, plain, sealed string }{
		{"d3284d1de51559c1ddbfe6", "21214ac2314fdfe07bc4d066245a97b1a10470df2a6d6b926cdcbff07f5b61ef",
			"88a5c1c2ae4eb463a3283dc5c81f665b0f6d54495f6cc9d43aa8ee179d3950f8", "65ed1e3919d208e9e5267370b9cf9b1431ef0c584dd2cf057d243a03523ca7562a18840cac2199030c008741d74fb220"},
		{"50f7d182a3d5f0388465e4", "6389bbe519992fd98a97842ecc4d2b2569328c10bd3d93c09ffb6b4044e089c4",
			"68e9cca19882c4b0c817d0645a97f74016b3f0ac133829eadb9c0e4bcad687a3", "72836a9a3c196e6c6e49b9a7808297d1bc2f0f02f018bb5418a4264215a9cadf691d71c18798554efcc028599a7d1e21"},
	} {
		c := newCCM(unhex(t, "7a182e4e3367194662d614bb11da11e86596f724204f48ff")).(*ccm)
		c.begin(unhex(t, v.nonce))
		b := unhex(t, v.plain)
		tag := bytes.Clone(c.mac(unhex(t, v.additional), b))
		c.crypt(b)
		c.ctr.one(tag, 0)
		if got := append(b, tag...); !bytes.Equal(got, unhex(t, v.sealed)) {
			t.Errorf("%x, want %s", got, v.sealed)
		}
	}
}

// GMAC as [SP800-38D] has it: NIST's CAVP, gcmEncryptExtIV128, without a
// plaintext; and the final response of the published exchange, as either side
// would sign it.
func TestGMACVectors(t *testing.T) {
	t.Parallel()
	m := newGMAC(unhex(t, "77be63708971c4e240d1cb79e8d77feb")).(*gmac)
	copy(m.nonce[:], unhex(t, "e0e00f19fed7ba0136a797f3"))
	m.tag(unhex(t, "7a43ec1d9c0a5a78a0b16533a6213cab"))
	if want := unhex(t, "209fcc8d3675ed938e9c7166709dd946"); !bytes.Equal(m.out[:], want) {
		t.Errorf("%x, want %x", m.out, want)
	}
	all := lines(t, "testdata/preauth.txt")
	last := unhex(t, all[len(all)-1][1])
	m = newGMAC(unhex(t, "73fe7a9a77bef0bde49c650d8ccb5f76")).(*gmac)
	for bit, want := range map[byte]string{1: "75d05bac99ff7fcc52a44c354381d559", 0: "48fe6970628518bc1797bc5fec22a901"} {
		nonce := [gcmNonce]byte{8: bit}
		copy(nonce[:8], last[24:32])
		if got := m.sum(last, &nonce); !bytes.Equal(got, unhex(t, want)) {
			t.Errorf("sender %d: %x, want %s", bit, got, want)
		}
	}
}

// Removing a signature by algebra gives what clearing it gives, at every
// length of the last block.
func TestGMACAlgebra(t *testing.T) {
	t.Parallel()
	m := newGMAC(unhex(t, "77be63708971c4e240d1cb79e8d77feb")).(*gmac)
	nonce := [gcmNonce]byte{1}
	for n := copyLimit + 1; n < copyLimit+40; n++ {
		b := request(n - 64)
		want := bytes.Clone(m.sum(b, &nonce))
		for i := signatureAt; i < signatureEnd; i++ {
			b[i] = byte(i)
		}
		if got := m.sum(b, &nonce); !bytes.Equal(got, want) {
			t.Errorf("%d bytes: %x, want %x", n, got, want)
		}
	}
}

// What the dialects do not have, and keys that are none, are refused.
func TestRefusals(t *testing.T) {
	t.Parallel()
	key, hash := make([]byte, 16), make([]byte, PreauthSize)
	for _, c := range []struct {
		suite     Suite
		key, hash []byte
		want      error
	}{
		{Suite{0x02ff, HMACSHA256, NoCipher}, key, nil, ErrSuite},
		{Suite{0x0210, AESCMAC, NoCipher}, key, nil, ErrSuite},
		{Suite{0x0210, HMACSHA256, AES128CCM}, key, nil, ErrSuite},
		{Suite{0x0302, AESGMAC, AES128CCM}, key, nil, ErrSuite},
		{Suite{0x0302, AESCMAC, AES128GCM}, key, nil, ErrSuite},
		{Suite{0x0311, 3, AES128GCM}, key, hash, ErrSuite},
		{Suite{0x0311, AESGMAC, 5}, key, hash, ErrSuite},
		{Suite{0x0311, AESGMAC, NoCipher}, nil, hash, ErrKey},
		{Suite{0x0311, AESGMAC, NoCipher}, key, hash[1:], ErrKey},
	} {
		if _, err := NewSession(c.suite, Client, c.key, c.hash); !errors.Is(err, c.want) {
			t.Errorf("%v: %v", c.suite, err)
		}
	}
	two, _ := pair(t, suites[0], 1)
	if _, err := two.Bind(suites[0], key, nil); !errors.Is(err, ErrSuite) {
		t.Errorf("a binding in 2.1: %v", err)
	}
	if _, err := two.Sealer(); !errors.Is(err, ErrNoCipher) {
		t.Errorf("sealing in 2.1: %v", err)
	}
	three, _ := pair(t, suites[1], 1)
	if _, err := three.Signer(suites[4]); !errors.Is(err, ErrSuite) {
		t.Errorf("another dialect's connection: %v", err)
	}
	three.Clear()
	if _, err := three.Signer(suites[1]); !errors.Is(err, ErrCleared) {
		t.Errorf("a signer without keys: %v", err)
	}
	if _, err := three.Sealer(); !errors.Is(err, ErrCleared) {
		t.Errorf("a sealer without keys: %v", err)
	}
	if _, err := three.Opener(); !errors.Is(err, ErrCleared) {
		t.Errorf("an opener without keys: %v", err)
	}
}
