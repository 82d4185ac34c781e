package status

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/Microsoft/go-winio"
	"golang.org/x/sys/windows"
)

// listen opens a named pipe whose owner is this user, and that nobody else can open. The
// system sees to it: there are no strangers to tell of.
func listen(dir string, _ func(error)) (net.Listener, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open control pipe: %w", err)
	}
	me, err := mySID()
	if err != nil {
		return nil, fmt.Errorf("open control pipe: %w", err)
	}
	name := pipeName(dir, me)
	l, err := winio.ListenPipe(name, &winio.PipeConfig{
		// Owner and only entry of a protected list: me, with all rights.
		SecurityDescriptor: "O:" + me + "D:P(A;;GA;;;" + me + ")",
		InputBufferSize:    pipeBuffer, OutputBufferSize: pipeBuffer,
	})
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) || errors.Is(err, windows.ERROR_PIPE_BUSY) {
		return nil, answersAlready(name)
	}
	if err != nil {
		return nil, fmt.Errorf("open control pipe: %w", err)
	}
	useUpFirst(name)
	return l, nil
}

// pipeBuffer is how many bytes one end writes before the other reads: without any, two ends
// that both write wait for each other.
const pipeBuffer = 64 << 10

// useUpFirst opens the first instance of a new pipe and lets go of it. go-winio keeps that
// instance only for its name, and never answers on it. Windows lets no client reach it;
// where one can (wine, Windows 7), the first client would wait there for ever.
func useUpFirst(name string) {
	path, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return
	}
	if h, err := windows.CreateFile(path, 0, 0, nil, windows.OPEN_EXISTING, windows.SECURITY_SQOS_PRESENT|windows.SECURITY_ANONYMOUS, 0); err == nil {
		_ = windows.CloseHandle(h)
	}
}

// pipeName is that of the pipe of a state folder: pipes have one flat space of names for
// all users and folders.
func pipeName(dir, sid string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	sum := sha256.Sum256([]byte(sid + "\x00" + strings.ToLower(dir)))
	return `\\.\pipe\homeport-` + hex.EncodeToString(sum[:16])
}

func mySID() (string, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return "", fmt.Errorf("find this user: %w", err)
	}
	return user.User.Sid.String(), nil
}

func dial(ctx context.Context, dir string) (net.Conn, error) {
	me, err := mySID()
	if err != nil {
		return nil, fmt.Errorf("ask Homeport: %w", err)
	}
	name := pipeName(dir, me)
	c, err := winio.DialPipeContext(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", ErrNotRunning, err)
	}
	if err != nil {
		return nil, fmt.Errorf("ask Homeport: %w", err)
	}
	if err := ownPipe(c, me); err != nil {
		return nil, errors.Join(fmt.Errorf("ask Homeport: %s is not its pipe: %w", name, err), c.Close())
	}
	return c, nil
}

// ownPipe refuses a pipe that another user has made under the name of ours.
func ownPipe(c net.Conn, me string) error {
	pipe, ok := c.(interface{ Fd() uintptr })
	if !ok {
		return errors.New("it has no handle")
	}
	sd, err := windows.GetSecurityInfo(windows.Handle(pipe.Fd()), windows.SE_KERNEL_OBJECT, windows.OWNER_SECURITY_INFORMATION)
	if err != nil {
		return fmt.Errorf("ask whose it is: %w", err)
	}
	owner, _, err := sd.Owner()
	if err != nil {
		return fmt.Errorf("ask whose it is: %w", err)
	}
	if owner.String() != me {
		return fmt.Errorf("it belongs to %s", owner)
	}
	return nil
}
