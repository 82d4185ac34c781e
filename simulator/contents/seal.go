package contents

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"io"
)

// blockLen is AES's. Everything encrypted in a backup is AES-256-CBC with an
// initial vector of zeros, which is safe because no key is used twice.
const blockLen = aes.BlockSize

func newCBC(key []byte, mode func(cipher.Block, []byte) cipher.BlockMode) (cipher.BlockMode, error) {
	block, err := newCipher(key)
	if err != nil {
		return nil, err
	}
	return mode(block, make([]byte, blockLen)), nil
}

// sealer reads as the ciphertext of src.
type sealer struct {
	src  io.Reader
	mode cipher.BlockMode
	tail [blockLen]byte
	left []byte // ciphertext that had no room, in tail
	err  error
}

func newSealer(src io.Reader, key []byte) (*sealer, error) {
	mode, err := newCBC(key, cipher.NewCBCEncrypter)
	if err != nil {
		return nil, err
	}
	return &sealer{src: src, mode: mode}, nil
}

// Read encrypts as many whole blocks as fit where they lie; what does not fill p to
// its end by blocks goes through tail.
func (s *sealer) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if len(s.left) > 0 {
			k := copy(p[n:], s.left)
			s.left, n = s.left[k:], n+k
			continue
		}
		if s.err != nil {
			break
		}
		whole := (len(p) - n) / blockLen * blockLen
		into := p[n : n+whole]
		if whole == 0 {
			into = s.tail[:]
		}
		var k int
		k, s.err = io.ReadFull(s.src, into)
		if s.err == io.ErrUnexpectedEOF {
			s.err = io.EOF
			if k%blockLen != 0 {
				s.err = errors.New("encrypt: not a whole number of blocks")
			}
		}
		k = k / blockLen * blockLen
		s.mode.CryptBlocks(into[:k], into[:k])
		if whole == 0 {
			s.left = s.tail[:k]
		} else {
			n += k
		}
	}
	if n == 0 && len(p) > 0 {
		return 0, s.err
	}
	return n, nil
}

// Plain reads as the plaintext of an encrypted body: the file's bytes, then its
// padding, PKCS #7.
func Plain(b Body) io.Reader { return &plainReader{body: b} }

type plainReader struct {
	body Body
	off  int64
}

// Read implements io.Reader.
func (r *plainReader) Read(p []byte) (n int, err error) {
	if r.off < r.body.size {
		n, _ = r.body.ReadAt(p, r.off)
		r.off += int64(n)
	}
	end := r.body.size + int64(padding(r.body.size))
	for ; n < len(p) && r.off >= r.body.size && r.off < end; n++ {
		p[n] = padding(r.body.size)
		r.off++
	}
	if r.off == end && n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// SealedSize is how long an encrypted body of n bytes is: one to sixteen bytes of
// padding make it whole blocks, which gives an empty file a block too.
func SealedSize(n int64) int64 { return (n/blockLen + 1) * blockLen }

func padding(size int64) byte { return byte(blockLen - size%blockLen) }

// EqualPlain says whether p is the plaintext of the encrypted body at off, padding
// included.
func (b Body) EqualPlain(p []byte, off int64) bool {
	if n := min(b.size-off, int64(len(p))); n > 0 {
		if !b.Equal(p[:n], off) {
			return false
		}
		p, off = p[n:], off+n
	}
	pad := padding(b.size)
	for _, c := range p {
		if c != pad {
			return false
		}
	}
	return off+int64(len(p)) <= b.size+int64(pad)
}

// Opener is a writer for ciphertext.
type Opener struct {
	w      io.Writer
	mode   cipher.BlockMode
	held   []byte // a block that is not whole yet
	buffer []byte
}

func newOpener(w io.Writer, key []byte) (*Opener, error) {
	mode, err := newCBC(key, cipher.NewCBCDecrypter)
	if err != nil {
		return nil, err
	}
	return &Opener{w: w, mode: mode, buffer: make([]byte, 32<<10)}, nil
}

// Write implements io.Writer.
func (o *Opener) Write(p []byte) (int, error) {
	total := len(p)
	for len(p) > 0 {
		n := copy(o.buffer[copy(o.buffer, o.held):], p)
		p = p[n:]
		n += len(o.held)
		whole := n / blockLen * blockLen
		o.mode.CryptBlocks(o.buffer[:whole], o.buffer[:whole])
		if _, err := o.w.Write(o.buffer[:whole]); err != nil {
			return 0, err
		}
		o.held = append(o.held[:0], o.buffer[whole:n]...)
	}
	return total, nil
}

// Whole says whether what was written ended with a block.
func (o *Opener) Whole() bool { return len(o.held) == 0 }
