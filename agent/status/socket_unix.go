//go:build unix

package status

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	socketName = "control.sock"
	// elsewhereName is a file that tells where the socket is, when the path of the state
	// folder is too long for one.
	elsewhereName = "control.path"
	knock         = time.Second // for a socket that may be stale
)

func listen(dir string, strangers func(error)) (net.Listener, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open control socket: %w", err)
	}
	path := filepath.Join(dir, socketName)
	tidy := func() error { return nil }
	if len(path) > maxSocketPath {
		var err error
		if path, tidy, err = elsewhere(dir); err != nil {
			return nil, fmt.Errorf("open control socket: %w", err)
		}
	}
	l, err := bind(path)
	if err != nil {
		return nil, errors.Join(err, tidy())
	}
	return &ownListener{now: l, path: path, tidy: tidy, tell: strangers, watch: watchEvery}, nil
}

// elsewhere makes a folder with a short path for the socket of dir, and says so in dir.
// tidy takes both away.
func elsewhere(dir string) (path string, tidy func() error, err error) {
	if old, err := told(dir); err == nil {
		if err := clearStale(old); err != nil {
			return "", nil, err
		}
		_ = os.Remove(filepath.Dir(old)) // empty, or not ours
	}
	for _, root := range []string{os.Getenv("XDG_RUNTIME_DIR"), os.TempDir(), "/tmp"} {
		if !filepath.IsAbs(root) {
			continue
		}
		short, err := os.MkdirTemp(root, "homeport-") // 0700, of a name that nobody knew
		if err != nil {
			continue
		}
		path := filepath.Join(short, socketName)
		tidy := func() error {
			return errors.Join(ignoreMissing(os.Remove(filepath.Join(dir, elsewhereName))), ignoreMissing(os.Remove(short)))
		}
		if len(path) > maxSocketPath {
			_ = os.Remove(short)
			continue
		}
		if err := writeSmall(dir, elsewhereName, []byte(path+"\n")); err != nil {
			_ = os.Remove(short)
			return "", nil, err
		}
		return path, tidy, nil
	}
	return "", nil, fmt.Errorf("%s is too long for a socket, and no shorter place was found", filepath.Join(dir, socketName))
}

// told reads where the socket of dir is.
func told(dir string) (string, error) {
	data, err := readSmall(dir, elsewhereName, 4096)
	if err != nil {
		return "", err
	}
	path := strings.TrimSpace(string(data))
	if !filepath.IsAbs(path) || filepath.Base(path) != socketName || len(path) > maxSocketPath {
		return "", fmt.Errorf("read %s: it names no socket", filepath.Join(dir, elsewhereName))
	}
	return path, nil
}

type bound struct {
	*net.UnixListener
	id os.FileInfo
}

// bind listens on path, for its owner only.
func bind(path string) (bound, error) {
	if err := clearStale(path); err != nil {
		return bound{}, err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return bound{}, fmt.Errorf("open control socket: %w", err)
	}
	l.SetUnlinkOnClose(false) // only while it is still ours: see Close
	err = os.Chmod(path, 0o600)
	id, lerr := os.Lstat(path)
	if err = errors.Join(err, lerr); err != nil {
		return bound{}, errors.Join(fmt.Errorf("open control socket: %w", err), l.Close())
	}
	return bound{l, id}, nil
}

// clearStale takes away a socket that nobody answers. What is no socket stays: it is
// not ours.
func clearStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open control socket: %w", err)
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("open control socket: %s is there and is no socket; move it away", path)
	}
	c, err := net.DialTimeout("unix", path, knock)
	if err == nil {
		_ = c.Close()
		return answersAlready(path)
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("open control socket: %w", err)
	}
	if now, err := os.Lstat(path); err != nil || !os.SameFile(info, now) {
		return answersAlready(path) // somebody else was quicker
	}
	return os.Remove(path)
}

func dial(ctx context.Context, dir string) (net.Conn, error) {
	path := filepath.Join(dir, socketName)
	if len(path) > maxSocketPath {
		short, err := told(dir)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNotRunning, err)
		}
		path = short
	}
	c, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOTDIR):
		return nil, fmt.Errorf("%w: %w", ErrNotRunning, err)
	case err != nil:
		return nil, err
	}
	if err := samePerson(c.(*net.UnixConn)); err != nil {
		return nil, errors.Join(fmt.Errorf("%s is not its socket: %w", path, err), c.Close())
	}
	return c, nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
