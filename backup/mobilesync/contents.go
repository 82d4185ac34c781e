package mobilesync

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
)

// ErrContents is wrapped when a body is not what its row says: another length, or
// no padding where the decrypted contents end.
var ErrContents = errors.New("contents do not fit the manifest")

// Contents opens what a row's file held on the phone, decrypted when the backup is
// encrypted. What is read is only proven when the reader has come to its end with
// io.EOF: every byte that the row promises was there, and none besides. Memory is
// bounded whatever the row says.
//
// Errors are *FileError with the body's name and Missing, Empty, NotRegular,
// WrongSize, Unreadable or Undecryptable; for an encrypted body of a folder that
// is locked they wrap ErrEncrypted. The caller closes the reader.
func (f *Folder) Contents(r Row) (io.ReadCloser, error) { return f.body(r, false) }

// Salvage opens what there is of a body that Contents refuses: as much as the row
// promises at most, and maybe less, with nothing proven. Errors are as those of
// Contents where nothing at all can be read.
func (f *Folder) Salvage(r Row) (io.ReadCloser, error) { return f.body(r, true) }

func (f *Folder) body(r Row, lenient bool) (io.ReadCloser, error) {
	id, ok := ParseFileID(r.FileID)
	if !ok || !r.HasBody() {
		return nil, &FileError{Name: r.FileID, Kind: BadRow, Err: errors.New("not a row of a file")}
	}
	name := id.Body()
	if r.File == nil {
		err := r.FileErr
		if err == nil {
			err = errors.New("the row does not describe the file")
		}
		return nil, &FileError{Name: name, Kind: BadRow, Err: err}
	}
	file, size, err := f.openBody(name, r.File.Size)
	if err != nil {
		return nil, err
	}
	if lenient {
		size = salvageable(size, r.File)
	}
	body, err := f.contents(file, name, size, r.File, lenient)
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return body, nil
}

// openBody opens a regular file; an empty one only where nothing is promised.
func (f *Folder) openBody(name string, promised int64) (*os.File, int64, error) {
	if _, err := f.lstat(name); err != nil {
		fe, _ := errors.AsType[*FileError](err)
		if fe == nil || fe.Kind != Empty || promised > 0 {
			return nil, 0, err
		}
	}
	file, err := f.root.Open(name)
	if err != nil {
		return nil, 0, &FileError{Name: name, Kind: Unreadable, Err: err}
	}
	info, err := file.Stat()
	switch {
	case err != nil:
		_ = file.Close()
		return nil, 0, &FileError{Name: name, Kind: Unreadable, Err: err}
	case !info.Mode().IsRegular():
		_ = file.Close()
		return nil, 0, &FileError{Name: name, Kind: NotRegular, Err: fs.ErrInvalid}
	}
	return file, info.Size(), nil
}

// salvageable is how much of a body is worth reading: whole blocks of a ciphertext,
// and no more than the row promises.
func salvageable(size int64, m *MBFile) int64 {
	size = min(size, m.bodySize())
	if m.EncryptionKey != nil {
		size -= size % aes.BlockSize
	}
	return size
}

// contents puts the right reader around a body of size bytes.
func (f *Folder) contents(file *os.File, name string, size int64, m *MBFile, lenient bool) (io.ReadCloser, error) {
	wrong := func() error {
		return &FileError{Name: name, Kind: WrongSize, Err: fmt.Errorf("%w: %d bytes, not %d", ErrContents, size, m.bodySize())}
	}
	if m.EncryptionKey == nil {
		if size != m.Size && !lenient {
			return nil, wrong()
		}
		return &plainBody{file: file, name: name, left: size}, nil
	}
	u := f.unlocked.Load()
	if u == nil {
		return nil, &FileError{Name: name, Kind: Unreadable, Err: ErrEncrypted}
	}
	key, err := u.keys.file(m.EncryptionKey)
	if err != nil {
		return nil, &FileError{Name: name, Kind: Undecryptable, Err: err}
	}
	block, err := aes.NewCipher(key)
	clear(key)
	if err != nil {
		return nil, &FileError{Name: name, Kind: Undecryptable, Err: err}
	}
	// An empty file has a block of padding, or no bytes at all.
	if size != m.bodySize() && (m.Size > 0 || size > 0) && !lenient {
		return nil, wrong()
	}
	return &cipherBody{
		file: file, name: name, left: size, plain: m.Size, lenient: lenient, pool: &f.buffers,
		cbc: cipher.NewCBCDecrypter(block, make([]byte, aes.BlockSize)),
	}, nil
}

// plainBody is a body that is not encrypted.
type plainBody struct {
	file *os.File
	name string
	left int64
}

func (b *plainBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	n, err := b.file.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, io.EOF):
		return n, &FileError{Name: b.name, Kind: WrongSize, Err: fmt.Errorf("%w: %d bytes are missing", ErrContents, b.left)}
	}
	return n, &FileError{Name: b.name, Kind: Unreadable, Err: err}
}

func (b *plainBody) Close() error { return b.file.Close() }

// cipherBody decrypts a body as it is read.
type cipherBody struct {
	file  *os.File
	name  string
	cbc   cipher.BlockMode
	left  int64 // ciphertext that was not read yet
	plain int64 // contents that were not handed out yet

	lenient bool // the end need not fit

	pool  *sync.Pool
	buf   *[cipherBuffer]byte // from pool; nil until the first Read
	ready []byte              // of buf: decrypted and not handed out
	used  int                 // how much of buf ever held plain text
}

// cipherBuffer is how much is decrypted at a time.
const cipherBuffer = 64 << 10

func (b *cipherBody) Read(p []byte) (int, error) {
	for len(b.ready) == 0 {
		if b.left == 0 {
			return 0, io.EOF
		}
		if err := b.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, b.ready)
	b.ready = b.ready[n:]
	return n, nil
}

// fill decrypts the next piece. The last one loses its padding.
func (b *cipherBody) fill() error {
	if b.buf == nil {
		b.buf, _ = b.pool.Get().(*[cipherBuffer]byte)
	}
	if b.buf == nil {
		b.buf = new([cipherBuffer]byte)
	}
	piece := b.buf[:min(int64(len(b.buf)), b.left)]
	b.used = max(b.used, len(piece))
	if _, err := io.ReadFull(b.file, piece); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return &FileError{Name: b.name, Kind: WrongSize, Err: fmt.Errorf("%w: it ends early", ErrContents)}
		}
		return &FileError{Name: b.name, Kind: Unreadable, Err: err}
	}
	b.cbc.CryptBlocks(piece, piece)
	b.left -= int64(len(piece))
	if b.left == 0 {
		plain, ok := unpad(piece)
		switch {
		case ok:
			piece = plain
		case !b.lenient:
			return &FileError{Name: b.name, Kind: Undecryptable, Err: fmt.Errorf("%w: no padding at the end", ErrContents)}
		}
	}
	if b.lenient {
		piece = piece[:min(int64(len(piece)), b.plain)]
	}
	b.plain -= int64(len(piece))
	if b.left == 0 && b.plain != 0 && !b.lenient {
		return &FileError{Name: b.name, Kind: Undecryptable, Err: fmt.Errorf("%w: the padding ends at another length", ErrContents)}
	}
	b.ready = piece
	return nil
}

// Close gives the buffer back, without what was in it. Nothing may be read then.
func (b *cipherBody) Close() error {
	if b.buf != nil {
		clear(b.buf[:b.used])
		b.pool.Put(b.buf)
		b.buf, b.ready, b.left = nil, nil, 0
	}
	return b.file.Close()
}

// unpad takes away the padding of PKCS#7: 1 to 16 bytes, each saying how many.
func unpad(p []byte) ([]byte, bool) {
	if len(p) == 0 {
		return nil, false
	}
	n := int(p[len(p)-1])
	if n < 1 || n > aes.BlockSize || n > len(p) {
		return nil, false
	}
	for _, c := range p[len(p)-n:] {
		if int(c) != n {
			return nil, false
		}
	}
	return p[:len(p)-n], true
}
