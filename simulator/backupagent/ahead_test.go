package backupagent

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"homeport/simulator/contents"
)

func TestAhead(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	whole := bytes.Repeat([]byte("0123456789abcde"), aheadPiece/4)
	var a ahead
	for _, n := range []int{0, 1, aheadPiece - 1, aheadPiece, aheadPiece + 1, len(whole)} {
		for _, size := range []int{1000, aheadPiece, 2 * aheadPiece} {
			err := a.run(iotest.HalfReader(bytes.NewReader(whole[:n])), func(r io.Reader) error {
				got, err := io.ReadAll(io.LimitReader(r, int64(size)))
				if rest, err := io.ReadAll(r); err != nil || !bytes.Equal(append(got, rest...), whole[:n]) {
					t.Errorf("%d bytes in pieces of %d: differ, %v", n, size, err)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		}
		err := a.run(io.MultiReader(bytes.NewReader(whole[:n]), iotest.ErrReader(broken)), func(r io.Reader) error {
			_, err := io.Copy(io.Discard, r)
			return err
		})
		if !errors.Is(err, broken) {
			t.Errorf("%d bytes and an error: %v", n, err)
		}
		// Whoever reads may stop at any time.
		if err := a.run(bytes.NewReader(whole[:n]), func(r io.Reader) error { r.Read(make([]byte, 1)); return broken }); err != broken {
			t.Error(err)
		}
	}
}

// Long bodies, whole and cut in the middle.
func TestEncryptedLongBodies(t *testing.T) {
	t.Parallel()
	cfg := contents.Config{Seed: 36, Profile: contents.Large, Files: 8, Bytes: 12 << 20, Password: testPassword, Rounds: 10}
	total, want := length(newRig(t, cfg), func(*rig) {})
	step := total / 3
	if testing.Short() {
		step = total / 2
	}
	for at := step; at < total*9/10; at += step {
		g := newRig(t, cfg)
		if _, err := g.run(request("Backup", nil), at); !isCut(err) {
			t.Fatal(err)
		}
		g.backup()
		same(t, g.host, want)
		g.check()
	}
}
