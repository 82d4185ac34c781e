package backupagent

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
)

// backup carries out a Backup request.
func (s *session) backup(message map[string]any) error {
	options, _ := message["Options"].(map[string]any)
	forced, _ := options["ForceFullBackup"].(bool)
	a := s.agent
	var number int
	a.count(func(st *Stats) {
		st.Started++
		st.Full, st.Files, st.Bytes, st.Kept, st.KeptBytes, st.Encrypted = false, 0, 0, 0, 0, false
		number = st.Finished + 1
	})
	if err := s.unlock(); err != nil {
		return err
	}
	if err := s.mayBackUp(); err != nil {
		return err
	}
	r := &run{
		session: s, dir: a.env.UDID(), number: number, forced: forced,
		view: a.contents.View(), bag: a.contents.Keybag(),
	}
	if err := r.prepare(); err != nil {
		return err
	}
	for _, step := range r.steps() {
		if step.stage != "" {
			if err := s.stage(step.stage); err != nil {
				return err
			}
		}
		if err := step.do(); err != nil {
			return err
		}
	}
	return nil
}

// step is a part of a run, after the stage that is asked before it, if any.
type step struct {
	stage string
	do    func() error
}

func (r *run) steps() []step {
	return []step{
		{"", r.scan},
		{"", r.tellScan},
		{StageScan, func() error { return nil }},
		{StageSpace, func() error { return r.needSpace(r.uploadSize) }},
		{StageDirectories, r.directories},
		{StageUploading, func() error { return r.setState(uploading, 0) }},
		{"", r.bodies},
		{StageManifests, r.manifests},
		{StageMoving, func() error { return r.setState(moving, doneUploading) }},
		{"", r.moves},
		{StageRemoving, func() error { return r.setState(removing, doneMoving) }},
		{"", r.removes},
		{StageFinished, func() error { return r.setState(finished, 100) }},
		{StageVerify, r.verify},
		{StageEnd, r.done},
	}
}

// How far a run is, in percent, when its steps are done.
const (
	doneUploading = 95.0
	doneMoving    = 99.0
)

// prepare makes the Manifest.plist, by which the host's is judged.
func (r *run) prepare() (err error) {
	if r.plist, err = r.agent.contents.ManifestPlist(r.bag, r.number, r.agent.env.Values()); err != nil {
		return err
	}
	r.facts, err = parseFacts(r.plist)
	return err
}

func (r *run) tellScan() error {
	kept := r.agent.kept
	kept.full = kept.full || r.full
	r.agent.count(func(st *Stats) {
		st.Full, st.Encrypted = kept.full, r.bag.Encrypts()
		for k, f := range r.fates {
			if f == staged || f == moved {
				st.Kept++
				st.KeptBytes += r.bodySize(r.rows[k])
			}
		}
	})
	return nil
}

// directories makes all that the run needs. A Snapshot/ of which nothing can be
// used is removed first.
func (r *run) directories() error {
	if r.leftover && !r.resume {
		if err := r.remove([]string{r.dir + "/Snapshot"}, 0); err != nil {
			return err
		}
	}
	for _, parent := range []string{r.dir, r.dir + "/Snapshot"} {
		if err := r.createDirectory(parent); err != nil {
			return err
		}
		for shard := range 256 {
			if err := r.createDirectory(parent + "/" + hex.EncodeToString([]byte{byte(shard)})); err != nil {
				return err
			}
		}
	}
	return nil
}

// setState writes Status.plist. While the run is on, its UUID tells this run from
// all others; at the end it is that of the backup.
func (r *run) setState(state string, progress float64) error {
	c := r.agent.contents
	st := status{
		Version: statusVersion, UUID: r.agent.kept.uuid, Date: c.Date(r.number),
		BackupState: "new", SnapshotState: state, IsFullBackup: r.agent.kept.full,
	}
	switch {
	case state == finished:
		st.UUID = c.UUID(r.number)
	case state == uploading && r.base == nil:
		st.BackupState = "empty"
	case state == uploading:
		st.BackupState = "old"
	}
	b, err := st.encode()
	if err != nil {
		return err
	}
	return r.uploadOne(progress, r.dir+"/Status.plist", bytes.NewReader(b), int64(len(b)))
}

// bodies uploads what the host needs, in the order in which it lies on the phone.
func (r *run) bodies() error {
	var rows []int32
	for k, i := range r.rows {
		if r.fates[k] == send {
			rows = append(rows, i)
		}
	}
	slices.Sort(rows)
	for part := range slices.Chunk(rows, batch) {
		if err := r.stage(StageBatch); err != nil {
			return err
		}
		if err := r.uploadBatch(part); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) uploadBatch(rows []int32) error {
	var total int64
	for _, i := range rows {
		total += r.bodySize(i)
	}
	r.sent += total
	progress := doneUploading
	if r.uploadSize > 0 {
		progress *= float64(r.sent) / float64(r.uploadSize)
	}
	if err := r.put("DLMessageUploadFiles", map[string]any{}, progress, uint64(total)); err != nil {
		return err
	}
	var own []byte
	for _, i := range rows {
		row := r.view.Row(int(i))
		domain, path := r.view.Names(int(i))
		own = append(append(append(append(own[:0], "/.ba/"...), domain...), '/'), path...)
		if err := r.name(own, r.stagedPath(row.ID)); err != nil {
			return err
		}
		r.agent.kept.mark(int(i), row.Modified)
		if err := r.sendBody(int(i)); err != nil {
			return err
		}
	}
	if err := r.finishUpload(); err != nil {
		return err
	}
	for _, i := range rows {
		r.agent.kept.sent[i] = r.view.Row(int(i)).Modified
		if r.agent.Acknowledged != nil {
			r.agent.Acknowledged(r.stagedPath(r.view.Row(int(i)).ID), r.bodySize(i))
		}
	}
	r.agent.count(func(st *Stats) {
		st.Files += len(rows)
		st.Bytes += total
		st.TotalBytes += total
	})
	return nil
}

// bodySize is how long the body of row i is on the host.
func (r *run) bodySize(i int32) int64 { return r.bag.Size(r.view.Row(int(i)).Size) }

func (r *run) sendBody(i int) error {
	if !r.bag.Encrypts() {
		return r.body(r.view.Body(i), r.agent.Frame)
	}
	sealed, err := r.bag.Seal(r.view, i)
	if err != nil {
		return err
	}
	send := func(sealed io.Reader) error { return r.stream(sealed, r.agent.Frame) }
	if r.view.Row(i).Size < aheadFrom {
		return send(sealed)
	}
	return r.ahead.run(sealed, send)
}

// mark notes that a body is being sent. When the host may still have an earlier
// state of it, nothing is known until the batch was accepted.
func (p *partial) mark(i int, modified int64) {
	if p.sent[i] != 0 && p.sent[i] != modified {
		p.sent[i] = -1
		return
	}
	p.sent[i] = modified
}

func (r *run) stagedPath(id [20]byte) string {
	b := append(make([]byte, 0, 96), r.dir...)
	b = append(b, "/Snapshot/"...)
	return string(appendShard(b, id))
}

func (r *run) finalPath(id [20]byte) string {
	b := append(make([]byte, 0, 96), r.dir...)
	return string(appendShard(append(b, '/'), id))
}

func appendShard(b []byte, id [20]byte) []byte {
	b = hex.AppendEncode(b, id[:1])
	return hex.AppendEncode(append(b, '/'), id[:])
}

// manifests uploads the new Manifest.plist and Manifest.db.
func (r *run) manifests() error {
	err := r.uploadOne(doneUploading, r.snapshot("Manifest.plist"), bytes.NewReader(r.plist), int64(len(r.plist)))
	if err != nil {
		return err
	}
	f, err := os.CreateTemp("", "phone-manifest-*.db")
	if err != nil {
		return fmt.Errorf("make manifest: %w", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	n, err := r.view.WriteManifest(f, r.bag)
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("make manifest: %w", err)
	}
	var sealed io.Reader = f
	if r.bag.Encrypts() {
		if sealed, err = r.bag.SealManifest(f); err != nil {
			return err
		}
	}
	sum := sha256.New()
	if err := r.uploadOne(doneUploading, r.snapshot("Manifest.db"), io.TeeReader(sealed, sum), n); err != nil {
		return err
	}
	r.agent.mu.Lock()
	defer r.agent.mu.Unlock()
	r.agent.made[[32]byte(sum.Sum(nil))] = made{r.view.Changes(), r.bag.Encrypts()}
	return nil
}

// moves brings everything from Snapshot/ to its place, the manifests last.
func (r *run) moves() error {
	items := make(pairs, 0, batch)
	flush := func(k int) error {
		if len(items) == 0 {
			return nil
		}
		if err := r.stage(StageMoveBatch); err != nil {
			return err
		}
		progress := doneUploading + (doneMoving-doneUploading)*float64(k)/float64(len(r.rows))
		defer func() { items = items[:0] }()
		return r.move(items, progress)
	}
	for k, i := range r.rows {
		if r.fates[k] == send || r.fates[k] == staged {
			id := r.view.Row(int(i)).ID
			items = append(items, [2]string{r.stagedPath(id), r.finalPath(id)})
		}
		if len(items) == batch {
			if err := flush(k); err != nil {
				return err
			}
		}
	}
	if err := flush(len(r.rows)); err != nil {
		return err
	}
	for _, name := range []string{"Manifest.plist", "Manifest.db"} {
		if err := r.move(pairs{{r.snapshot(name), r.dir + "/" + name}}, doneMoving); err != nil {
			return err
		}
	}
	return nil
}

// removes clears away what is no longer on the phone, then Snapshot/.
func (r *run) removes() error {
	paths := make([]string, 0, len(r.stale))
	for _, id := range r.stale {
		paths = append(paths, path.Join(r.dir, id[:2], id))
	}
	if err := r.remove(paths, doneMoving); err != nil {
		return err
	}
	return r.remove([]string{r.dir + "/Snapshot"}, doneMoving)
}

func (r *run) done() error {
	r.agent.kept = nil
	r.agent.count(func(st *Stats) { st.Finished++ })
	return nil
}
