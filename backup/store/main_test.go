package store

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strconv"
	"testing"

	"homeport/backup"
	"homeport/backup/mobilesync"
	"homeport/backup/tree"
	"homeport/cause"
)

// childEnv makes the test binary play another process: its value names the part.
const childEnv = "HOMEPORT_STORE_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(childEnv) {
	case "":
		code := m.Run()
		if testing.Verbose() {
			fmt.Println(suiteFigures())
		}
		os.Exit(code)
	case "hold":
		os.Exit(childHold(os.Args[1]))
	case "measure":
		os.Exit(childMeasure(os.Args[1], os.Args[2]))
	}
	os.Exit(99)
}

// childHold takes the lock, says so, and holds it until its input ends. Its exit
// code is 6 when the lock is taken.
func childHold(dir string) int {
	s, err := Open(dir, Options{})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	st, err := s.Begin(context.Background(), udidA)
	if id, _ := cause.Of(err); id == cause.AlreadyRunning {
		return 6
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("held", st.Info().Resumes)
	_, _ = io.Copy(io.Discard, os.Stdin)
	if st.Discard() != nil {
		return 1
	}
	return 0
}

// childMeasure makes an unchanged version, as if the engine had reported so many
// bodies, checks it quickly and lists it, and says how much memory that took at most.
func childMeasure(dir, bodies string) int {
	debug.SetGCPercent(gcPercent)
	n, _ := strconv.Atoi(bodies)
	s, err := Open(dir, Options{})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("at the start:", peakMemory())
	st, err := s.Begin(context.Background(), udidA)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("begun:", peakMemory())
	for i := range n {
		id := mobilesync.NewFileID("x", strconv.Itoa(i))
		r, err := tree.Parse(udidA + "/" + id.Body())
		if err != nil {
			fmt.Println(err)
			return 1
		}
		st.Wrote(r, 1, sha256.Sum256(id[:]))
	}
	fmt.Println("reported:", peakMemory())
	v, err := st.Publish(context.Background(), backup.Result{Proof: backup.ProofReceived})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("published:", peakMemory())
	r, err := s.Verify(context.Background(), v, Quick, nil)
	if err != nil || !r.OK {
		fmt.Println(err, r.Damage)
		return 1
	}
	fmt.Println("checked quickly:", peakMemory())
	vs, err := s.Versions(context.Background(), udidA)
	if err != nil || len(vs) < 2 {
		fmt.Println(err, len(vs))
		return 1
	}
	fmt.Println("listed:", peakMemory())
	return 0
}
