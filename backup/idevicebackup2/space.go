package idevicebackup2

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"homeport/backup/tree"
	"homeport/cause"
)

// space watches the room that the run may use.
type space struct {
	last  time.Time
	tried time.Time
	free  int64 // by the last look
	least int64 // the least that was ever seen, over the floor
	seen  bool
}

// look asks for the free space, the more often the less there is, and is an error
// when it is used up: the tool itself would go on, with cut files. Once a second it
// also tries whether the disk takes bytes at all.
func (sp *space) look(r *run) error {
	now := time.Now()
	if now.Sub(sp.tried) >= roomEvery {
		sp.tried = now
		if err := sp.try(r, false); err != nil {
			return err
		}
	}
	if sp.seen && now.Sub(sp.last) < roomEvery && sp.free > roomy {
		return nil
	}
	disk, err := r.tree.Free()
	if err != nil {
		return diskCause(fmt.Errorf("ask for free space: %w", err))
	}
	left := disk
	if r.job.Free != nil {
		granted, err := r.job.Free(r.ctx)
		if err != nil && r.ctx.Err() != nil {
			return stopCause(r.ctx)
		}
		if err != nil {
			return diskCause(fmt.Errorf("ask for free space: %w", err))
		}
		left = min(left, granted) // what others have claimed will be written too
	}
	left -= r.engine.opts.KeepFree
	sp.last, sp.free = now, left
	if !sp.seen || left < sp.least {
		sp.seen, sp.least = true, left
	}
	if left <= 0 {
		ev := sp.evidence()
		ev["received"] = cause.Bytes(r.prog.now().Bytes)
		return cause.New(cause.HostDiskFullDuring, ev, errors.New("the space for this backup is used up"))
	}
	return nil
}

// probe is how many bytes try writes: more than fit into the last block of a file.
const probe = 64 << 10

// try writes a file and removes it. The tool looks at no answer of a write or a close,
// and a quota, a bound on the length of files or a drive that fails does not show in
// the free space. durable waits for the drive itself, or for the file server.
func (sp *space) try(r *run, durable bool) error {
	rel, err := tree.Parse("probe")
	if err != nil {
		return err
	}
	b, err := r.tree.Create(rel)
	if err == nil {
		defer b.Abort()
		_, err = b.Write(make([]byte, probe))
	}
	if err == nil && durable {
		err = b.Sync()
	}
	if err == nil {
		return nil
	}
	err = diskCause(fmt.Errorf("try to write: %w", err))
	if id, _ := cause.Of(err); id == cause.HostDiskFullDuring {
		ev := sp.evidence()
		ev["received"] = cause.Bytes(r.prog.now().Bytes)
		return cause.New(id, ev, err)
	}
	return err
}

// evidence is what a person is told of the space.
func (sp *space) evidence() cause.Evidence {
	have := cause.Bytes(max(sp.free, 0))
	return cause.Evidence{"free": have, "have": have}
}

// final looks once more when the tool has ended, and tries whether the disk still
// takes what it is given.
func (sp *space) final(r *run) error {
	sp.seen, sp.tried = false, time.Now()
	if err := sp.look(r); err != nil {
		return err
	}
	return sp.try(r, true)
}

// behind is the error of the disk, where it lies behind one of the tool, the phone or
// the connection: the phone may be the first to notice that a file came to nothing, and
// hangs up.
func (sp *space) behind(r *run, err error) error {
	if id, _ := cause.Of(err); r.ctx.Err() != nil || !slices.Contains(effects, id) {
		return err
	}
	if why := sp.try(r, true); why != nil {
		return fmt.Errorf("%w; %w", why, err)
	}
	return err
}

// effects are the causes that a disk which takes nothing any more can look like.
var effects = []cause.ID{
	cause.ProtocolError, cause.Unknown, cause.HostIOError, cause.DeviceDisconnected, cause.TransferStalled, cause.DeviceInternalError,
}
