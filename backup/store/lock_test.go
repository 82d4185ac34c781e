package store

import (
	"bufio"
	"os"
	"os/exec"
	"testing"

	"homeport/cause"
)

// Two processes, one phone: the second is told, at once, and the lock of a killed
// holder is free.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	for range 3 {
		child := exec.Command(os.Args[0], s.Path())
		child.Env = append(os.Environ(), childEnv+"=hold")
		in, err := child.StdinPipe()
		must(t, err)
		out, err := child.StdoutPipe()
		must(t, err)
		must(t, child.Start())
		if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line[:4] != "held" {
			t.Fatalf("child: %q, %v", line, err)
		}
		_, err = s.Begin(t.Context(), udidA)
		if id, _ := cause.Of(err); id != cause.AlreadyRunning {
			t.Errorf("begin: %v", err)
		}
		if _, err := s.Prune(t.Context(), udidA, Policy{Last: 1}); err == nil {
			t.Error("pruned while another run holds the lock")
		}
		must(t, s.Recover(t.Context())) // leaves the phone to its holder
		other := begin(t, s, udidB)     // another phone is free
		must(t, other.Discard())
		must(t, child.Process.Kill())
		in.Close()
		_ = child.Wait()
		st := begin(t, s, udidA)
		must(t, st.Discard())
	}
}

func TestTwoStagesOfOneProcess(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	st := begin(t, s, udidA)
	second := exec.Command(os.Args[0], s.Path())
	second.Env = append(os.Environ(), childEnv+"=hold")
	if err := second.Run(); second.ProcessState.ExitCode() != 6 {
		t.Errorf("second process: %v", err)
	}
	if _, err := s.Begin(t.Context(), "00008110000a11112222801e"); err == nil {
		t.Error("two stages of one phone, spelled differently")
	}
	must(t, st.Discard())
	must(t, st.Discard())
}
