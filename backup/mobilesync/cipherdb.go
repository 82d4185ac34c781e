package mobilesync

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"io"
	"io/fs"
	"os"

	"modernc.org/sqlite/vfs"
)

// cipherFS shows SQLite the encrypted list as a plain file, decrypting what is
// read. Nothing of it is ever written to a disk. CBC can be read from anywhere:
// the IV of a block is the ciphertext of the one before it.
type cipherFS struct {
	root  *os.Root
	block cipher.Block
}

// Open opens the list, and nothing else: SQLite also looks for journals.
func (c cipherFS) Open(name string) (fs.File, error) {
	if name != DatabaseFile {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	file, err := c.root.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	if info.Size()%aes.BlockSize != 0 {
		_ = file.Close()
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid} // cut short
	}
	return &cipherFile{file: file, block: c.block, info: info, size: info.Size(), held: -1}, nil
}

// chunk is how much is decrypted at a time: SQLite reads pages of 4 KiB, mostly
// one after the other.
const chunk = 64 << 10

// cipherFile is the open list. SQLite reads it from one goroutine.
type cipherFile struct {
	file  *os.File
	block cipher.Block
	info  fs.FileInfo
	size  int64
	at    int64
	held  int64 // where in the list buf begins; -1: nowhere
	buf   []byte
}

func (c *cipherFile) Stat() (fs.FileInfo, error) { return c.info, nil }

func (c *cipherFile) Close() error {
	clear(c.buf[:cap(c.buf)])
	return c.file.Close()
}

func (c *cipherFile) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += c.at
	case io.SeekEnd:
		offset += c.size
	}
	if offset < 0 {
		return 0, errors.New("seek before the beginning")
	}
	c.at = offset
	return offset, nil
}

func (c *cipherFile) Read(p []byte) (int, error) {
	if c.at >= c.size {
		return 0, io.EOF
	}
	start := c.at - c.at%chunk
	if c.held != start {
		if err := c.fill(start); err != nil {
			return 0, err
		}
	}
	n := copy(p, c.buf[c.at-start:])
	c.at += int64(n)
	return n, nil
}

// fill decrypts the chunk that begins at start.
func (c *cipherFile) fill(start int64) error {
	if c.buf == nil {
		c.buf = make([]byte, chunk)
	}
	c.held = -1
	c.buf = c.buf[:min(chunk, c.size-start)]
	if _, err := c.file.ReadAt(c.buf, start); err != nil {
		return err
	}
	iv := make([]byte, aes.BlockSize)
	if start > 0 {
		if _, err := c.file.ReadAt(iv, start-aes.BlockSize); err != nil {
			return err
		}
	}
	cipher.NewCBCDecrypter(c.block, iv).CryptBlocks(c.buf, c.buf)
	c.held = start
	return nil
}

// openCipher opens the encrypted list.
func (f *Folder) openCipher(ctx context.Context, block cipher.Block) (*database, error) {
	name, reg, err := vfs.New(cipherFS{f.root, block})
	if err != nil {
		return nil, err
	}
	d, err := openHardened(ctx, "file:"+DatabaseFile+"?mode=ro&immutable=1&vfs="+name)
	if err != nil {
		_ = reg.Close()
		return nil, err
	}
	d.after = reg.Close
	return d, nil
}
