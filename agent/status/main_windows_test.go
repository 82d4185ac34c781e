package status

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/Microsoft/go-winio"
	"golang.org/x/sys/windows"
)

// strangerEnv and beStranger are for systems where a process can be another user's.
const strangerEnv = "HOMEPORT_TEST_STRANGER"

func beStranger(string) int { return 1 }

// checkPrivate wants a file to be there: who may read it is said by the folder of the
// account, which has a list of rights instead of a mode.
func checkPrivate(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

// TestPipeIsMine asks Windows who owns the pipe and who may open it.
func TestPipeIsMine(t *testing.T) {
	t.Parallel()
	st := newStage(t)
	st.control(t)
	me, err := mySID()
	must(t, err)
	c, err := winio.DialPipe(pipeName(st.dir, me), nil)
	must(t, err)
	defer c.Close()
	pipe := windows.Handle(c.(interface{ Fd() uintptr }).Fd())
	sd, err := windows.GetSecurityInfo(pipe, windows.SE_KERNEL_OBJECT, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	must(t, err)
	owner, _, err := sd.Owner()
	must(t, err)
	list, _, err := sd.DACL()
	must(t, err)
	if owner.String() != me || list == nil || list.AceCount != 1 || !strings.Contains(sd.String(), ";;;"+me+")") {
		t.Errorf("it is %s, and I am %s", sd, me)
	}
	if control, _, err := sd.Control(); err != nil || control&windows.SE_DACL_PROTECTED == 0 {
		t.Errorf("what is above it gives rights too: %v, %v", sd, err)
	}
}

// TestPipeOfAnother refuses to speak to a pipe of its own name that another has made.
func TestPipeOfAnother(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(os.TempDir(), t.Name()) // its name is enough
	me, err := mySID()
	must(t, err)
	l, err := winio.ListenPipe(pipeName(dir, me), &winio.PipeConfig{SecurityDescriptor: "O:BAD:P(A;;GA;;;WD)"})
	if errors.Is(err, windows.ERROR_INVALID_OWNER) {
		t.Skip("this account can give nothing to the administrators")
	}
	must(t, err)
	defer l.Close()
	useUpFirst(pipeName(dir, me))
	go func() {
		if c, err := l.Accept(); err == nil {
			_ = c.Close()
		}
	}()
	if c, err := Dial(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "belongs to") {
		t.Errorf("%v, %v", c, err)
	}
}
