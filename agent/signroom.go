package agent

import (
	"context"

	"homeport/cause"
)

// roomStep is how much room must have been made on a disk that filled up when nobody knows
// how much was missing: what comes and goes by itself is less.
const roomStep = 1 << 30

// tooFull reports whether a failure waits for room on the backup disk.
func tooFull(id cause.ID) bool { return id == cause.HostDiskFull || id == cause.HostDiskFullDuring }

// missing is how many bytes an error says are missing on a disk; 0: it does not.
func missing(e *cause.Error) int64 {
	short, _ := e.Evidence["short"].(cause.Bytes)
	return max(0, int64(short))
}

// roomSign sees that room was made on the disk at dest, as much as was missing when the
// last try failed, or roomStep.
func (v *visit) roomSign(ctx context.Context, dest string) func(context.Context) bool {
	want := v.phone.missing()
	if want == 0 {
		want = roomStep
	}
	before, err := v.freeAt(ctx, dest)
	known := err == nil
	return seldom(func(ctx context.Context) bool {
		free, err := v.freeAt(ctx, dest)
		switch {
		case err != nil:
			return false
		case !known:
			before, known = free, true
		case free-before >= want:
			v.phone.sawReturn()
			return true
		}
		return false
	})
}

// freeAt is the room at dest now.
func (v *visit) freeAt(ctx context.Context, dest string) (int64, error) {
	return inTime(ctx, v.agent.stores.at(dest), dest, func() (int64, error) { return v.agent.stores.room(ctx, dest) }, nil)
}

// room asks the drive at path itself how many bytes there are, with a store of its own:
// where the drive hangs, this goes on when nobody waits for it any more.
func (s *stores) room(ctx context.Context, path string) (int64, error) {
	st, err := s.read(path)
	if err != nil {
		return 0, err
	}
	defer st.Close()
	return st.Free(ctx)
}
