package contents

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

// sealed is the body of row i encrypted in the plainest way.
func sealed(t *testing.T, c *Contents, v *View, i int) []byte {
	t.Helper()
	var plain bytes.Buffer
	v.Body(i).WriteTo(&plain)
	pad := 16 - plain.Len()%16
	plain.Write(bytes.Repeat([]byte{byte(pad)}, pad))
	key := c.Keybag().fileKey(v, i)
	block, err := aes.NewCipher(key[:])
	if err != nil {
		t.Fatal(err)
	}
	cipher.NewCBCEncrypter(block, make([]byte, 16)).CryptBlocks(plain.Bytes(), plain.Bytes())
	return plain.Bytes()
}

// However it is read, a sealed body is AES-CBC of the plain one with its padding,
// and however that is written, it opens to what Body.EqualPlain wants.
func TestSeal(t *testing.T) {
	t.Parallel()
	c := New(Config{Seed: 6, Files: 300, Bytes: 5 << 20, Password: "pw"})
	v := c.View()
	for i := range v.Len() {
		if v.kind(i) != File {
			continue
		}
		want := sealed(t, c, v, i)
		if n := c.Keybag().Size(v.size(i)); n != int64(len(want)) {
			t.Fatalf("row %d of %d bytes: size %d, want %d", i, v.size(i), n, len(want))
		}
		readers := []func(io.Reader) io.Reader{
			func(r io.Reader) io.Reader { return r }, iotest.HalfReader,
			func(r io.Reader) io.Reader { return io.MultiReader(io.LimitReader(r, 7), io.LimitReader(r, 32767), r) },
		}
		if len(want) < 3000 {
			readers = append(readers, iotest.OneByteReader)
		}
		for n, wrap := range readers {
			r, err := c.Keybag().Seal(v, i)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(wrap(r)); err != nil || !bytes.Equal(got, want) {
				t.Fatalf("row %d, way %d: %d bytes, want %d, or they differ: %v", i, n, len(got), len(want), err)
			}
		}
		checkOpens(t, c, v, i, want)
	}
}

// plainWriter compares what is written to it.
type plainWriter struct {
	body Body
	off  int64
	bad  bool
}

func (w *plainWriter) Write(p []byte) (int, error) {
	w.bad = w.bad || !w.body.EqualPlain(p, w.off)
	w.off += int64(len(p))
	return len(p), nil
}

func checkOpens(t *testing.T, c *Contents, v *View, i int, data []byte) {
	t.Helper()
	field := c.Keybag().appendFileKey(nil, v, i)
	for _, piece := range []int{len(data), 1, 15, 4097} {
		if piece < 16 && len(data) > 3000 {
			continue
		}
		w := &plainWriter{body: v.Body(i)}
		o, err := c.Keybag().Keys().Open(w, field)
		if err != nil {
			t.Fatal(err)
		}
		for rest := data; len(rest) > 0; {
			n := min(piece, len(rest))
			if _, err := o.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if w.bad || w.off != int64(len(data)) || !o.Whole() {
			t.Fatalf("row %d in pieces of %d: opens to other bytes", i, piece)
		}
	}
}

func TestEqualPlain(t *testing.T) {
	t.Parallel()
	v := New(Config{Seed: 7, Files: 60}).View()
	for i := range v.Len() {
		if v.kind(i) != File || v.size(i) > 1<<20 {
			continue
		}
		b := v.Body(i)
		plain, err := io.ReadAll(Plain(b))
		if err != nil || int64(len(plain)) != SealedSize(b.Size()) || !b.EqualPlain(plain, 0) {
			t.Fatalf("row %d: %d bytes, %v", i, len(plain), err)
		}
		for _, at := range []int{0, len(plain) / 2, len(plain) - 1} {
			plain[at] ^= 1
			if b.EqualPlain(plain, 0) || b.EqualPlain(plain[at:], int64(at)) {
				t.Fatalf("row %d: a change at %d was not seen", i, at)
			}
			plain[at] ^= 1
		}
		if b.EqualPlain(append(plain, plain[len(plain)-1]), 0) {
			t.Fatalf("row %d: a byte too many was not seen", i)
		}
	}
}

func TestSealManifestWantsBlocks(t *testing.T) {
	t.Parallel()
	bag := New(Config{Files: 1, Password: "pw"}).Keybag()
	r, err := bag.SealManifest(bytes.NewReader(make([]byte, 40)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(r); err == nil {
		t.Error("40 bytes were encrypted")
	}
	failing := errors.New("cannot read")
	if r, err = bag.SealManifest(io.MultiReader(bytes.NewReader(make([]byte, 32)), iotest.ErrReader(failing))); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(r); len(b) != 32 || !errors.Is(err, failing) {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

// BenchmarkSeal is the encryption of bodies; its sub-benchmark cipher is what
// AES-CBC alone takes.
func BenchmarkSeal(b *testing.B) {
	c := New(Config{Seed: 1, Profile: Large, Files: 8, Bytes: 128 << 20, Password: "pw"})
	v := c.View()
	frame := make([]byte, 32767)
	b.Run("body", func(b *testing.B) {
		b.SetBytes(v.Body(v.Len() - 1).Size())
		for b.Loop() {
			r, err := c.Keybag().Seal(v, v.Len()-1)
			if err != nil {
				b.Fatal(err)
			}
			for err == nil {
				_, err = io.ReadFull(r, frame)
			}
		}
	})
	b.Run("cipher", func(b *testing.B) {
		block, err := aes.NewCipher(make([]byte, keySize))
		if err != nil {
			b.Fatal(err)
		}
		mode := cipher.NewCBCEncrypter(block, make([]byte, blockLen))
		b.SetBytes(32752)
		for b.Loop() {
			mode.CryptBlocks(frame[:32752], frame[:32752])
		}
	})
}
