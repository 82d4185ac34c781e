package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"homeport/backup"
	"homeport/backup/mobilesync"
	"homeport/cause"
)

// maxOdd bounds the oddities that version.json lists; they are counted beyond.
const maxOdd = 10_000

// Publish proves the stage, seals it and makes it the newest version. res is
// what the engine returned without an error, which means that the phone ended
// with ErrorCode 0 and every body was written and ended properly.
//
// It refuses, and leaves the stage for Keep or Discard: manifests that are
// missing or unreadable, a phone that did not say finished, another phone's UDID,
// links in the place of files, and more than one in a thousand bodies missing or
// empty where the manifest gives a size, or, after an engine that cannot say that
// they were received whole (no Result.Proof), of another length. Everything else that looks odd is
// published: it stands in Version.Notes as manifest-mismatch, and the version
// before is pinned. The same holds when the backup shrank to less than half
// (backup-shrank). A real folder at DEST/<UDID> is left alone and noted as
// destination-foreign, and marks that were found unreadable since the last version as
// version-notes-lost.
//
// After an error of a sync or a write the stage cannot be kept. When ctx ends
// before the rename, nothing is published.
func (st *Stage) Publish(ctx context.Context, res backup.Result) (Version, error) {
	if st.ended() {
		return Version{}, errEnded
	}
	if st.dead != nil {
		return Version{}, caused(st.dead, st.phone.store.path)
	}
	v, err := st.publish(ctx, res)
	if err != nil {
		if err = st.phone.blame(err); errors.Is(err, errLost) {
			_ = st.die(err)
		}
		return Version{}, caused(fmt.Errorf("publish: %w", err), st.phone.store.path)
	}
	if note := st.phone.tellLost(); note != nil {
		v.Notes = append(v.Notes, note)
	}
	if note := st.phone.relink(v.ID, v.UDID); note != nil {
		v.Notes = append(v.Notes, note)
	}
	st.end()
	return v, nil
}

func (st *Stage) publish(ctx context.Context, res backup.Result) (Version, error) {
	// A partial that was resumed is whole only if it is proven to be: nothing of
	// what is below depends on how often it was resumed.
	if err := removeTemps(st.dir); err != nil {
		return Version{}, err
	}
	began := time.Now()
	report, rec, err := st.seal(ctx, res)
	if err != nil {
		return Version{}, err
	}
	rec.Took.Finishing += time.Since(began).Seconds()
	notes, before, err := st.compare(ctx, report, rec)
	if err == nil && st.mirrors() {
		err = st.settle(ctx, rec, oddities(report), notes)
	}
	if err == nil && len(notes) > 0 {
		err = st.pinBefore(before, notes[0])
	}
	if err != nil {
		return Version{}, err
	}
	if err := st.commit(ctx, rec); err != nil {
		return Version{}, err
	}
	v := rec.version(st.phone.versionPath(rec.ID), mark{})
	v.Latest, v.Notes = true, notes
	return v, nil
}

// seal checks the folder and writes its list of sums, in one walk.
func (st *Stage) seal(ctx context.Context, res backup.Result) (mobilesync.Report, *record, error) {
	var report mobilesync.Report
	st.fresh.sort()
	folder, err := mobilesync.Open(st.Dir(), st.state.UDID)
	if err != nil {
		return report, nil, err
	}
	defer folder.Close()
	if st.keys != nil {
		if err := folder.UnlockWith(st.keys); err != nil {
			return report, nil, err
		}
	}
	s, err := st.sealer(ctx, res.Proof)
	if err != nil {
		return report, nil, err
	}
	defer s.close()
	seen := &lister{home: s.home}
	how := mobilesync.Options{MaxDamage: maxOdd, Visit: s.visit}
	if st.mirrors() {
		how.List = seen.list
	}
	report, err = folder.Check(ctx, st.state.UDID, how)
	if seen.err != nil {
		err = seen.err
	}
	st.shows = s.shows
	if err == nil && s.bodies != nil {
		err = s.bodies.err
	}
	if err == nil {
		err = proven(report, st.state.UDID, res.Proof)
	}
	if err != nil {
		s.out.abort()
		return report, nil, err
	}
	seal, err := s.out.finish()
	if err != nil {
		return report, nil, st.die(err)
	}
	rec := st.record(res, report)
	rec.Seal, rec.Sealed, rec.NewBytes = seal, s.out.lines, s.newBytes
	if m, err := folder.Manifest(); err == nil && rec.Encrypted {
		rec.KeyBag, _ = m.KeyBagUUID() // one that cannot be read opens with no password
	}
	if info, err := folder.Info(); err == nil {
		rec.Device, rec.IOS = info.DeviceName, info.ProductVersion
	}
	return report, rec, nil
}

func (st *Stage) record(res backup.Result, report mobilesync.Report) *record {
	proof := backup.ProofStructure
	if report.Encrypted {
		// Without the password rows and bodies cannot be compared: what the engine
		// saw is all that is known.
		proof = res.Proof
	}
	return &record{
		Format: formatNumber, ID: st.state.Version, UDID: st.state.UDID,
		Started: st.state.Started, Finished: st.phone.store.options.Now().UTC(),
		Base: st.state.Base, Strategy: st.state.Strategy, Resumes: st.state.Resumes,
		Files: report.Files, Bytes: report.Bytes, Rows: report.Rows,
		Full: res.Full, Engine: res.Engine, Encrypted: report.Encrypted, Proof: proof,
		Took: res.Took, Odd: report.Damage, OddCounts: report.Counts,
	}
}

// compare looks at what is odd about the new version beside the one before it.
func (st *Stage) compare(ctx context.Context, report mobilesync.Report, rec *record) (notes []*cause.Error, _ *Version, _ error) {
	vs, err := st.phone.versions(ctx)
	if err != nil {
		return nil, nil, err
	}
	var before *Version
	for i := range vs {
		if vs[i].Latest {
			before = &vs[i]
		}
	}
	if n := oddities(report); n > 0 {
		notes = append(notes, cause.New(cause.ManifestMismatch, evidence(report), fmt.Errorf("compare manifest and bodies: %d differences", n)))
	}
	if before != nil && shrank(rec.Files, rec.Bytes, *before) {
		notes = append(notes, cause.New(cause.BackupShrank, cause.Evidence{
			"files": rec.Files, "filesBefore": before.Files,
			"bytes": cause.Bytes(rec.Bytes), "bytesBefore": cause.Bytes(before.Bytes), "version": string(before.ID),
		}, errors.New("compare with the version before: less than half")))
	}
	return notes, before, nil
}

// pinBefore pins the version before one about which something is odd, before the new
// one appears; not one whose place the new one takes.
func (st *Stage) pinBefore(before *Version, note *cause.Error) error {
	if before == nil || st.mirrors() && before.ID == st.state.Base {
		return nil
	}
	return st.phone.changeMark(before.ID, func(m *mark) {
		if !m.Pinned {
			m.Pinned, m.Why = true, string(note.ID)
		}
	})
}

// commit makes everything durable in the order that the package comment gives,
// and puts the stage into its place.
func (st *Stage) commit(ctx context.Context, rec *record) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	rec.Sum = noSum
	data, err := withSum(rec)
	if err != nil {
		return fmt.Errorf("write %s: %w", recordName, err)
	}
	// Barrier 1: bodies and folders.
	if err := st.dir.SyncVolume(); err != nil {
		return st.die(err)
	}
	// From here on the stage is no partial any more.
	for _, n := range []string{receivedName, receivedName + freshSuffix, stageName} {
		if err := removeAll(st.dir, n); err != nil {
			return st.die(err)
		}
	}
	// The seal: its bytes are durable, now it gets its name.
	if err := st.dir.Rename(sumsName+freshSuffix, st.dir, sumsName); err != nil {
		return st.die(err)
	}
	// Barrier 2: writeFile syncs the record and then the folder, with both names.
	if err := writeFile(st.dir, recordName, data); err != nil {
		return st.die(err)
	}
	if st.mirrors() {
		return st.merge(rec)
	}
	return st.rename()
}

// merge puts the stage in the place of its base. Once merge.json is durable, the way
// is only forward: what fails here is finished by recovery.
func (st *Stage) merge(rec *record) error {
	m := merge{formatNumber, rec.ID, rec.UDID, st.state.Base, st.state.BaseUDID, rec.Seal}
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", mergeName, err)
	}
	if err := writeFile(st.dir, mergeName, append(data, '\n')); err != nil {
		return st.die(err)
	}
	if err := st.phone.check(); err != nil {
		return st.die(err) // nothing of the base was touched
	}
	st.closeDir()
	err = st.phone.finish(m)
	if err != nil {
		st.end() // and no way leads back
	}
	return err
}

// rename is the publication. When it has happened and a sync of the folders
// fails, the run has failed, yet the version is there and whole; recovery finds
// it in one place or the other.
func (st *Stage) rename() error {
	staging, err := st.phone.dir.OpenDir(stagingName)
	if err != nil {
		return err
	}
	defer staging.Close()
	versions, err := st.phone.dir.OpenDir(versionsName)
	if err != nil {
		return err
	}
	defer versions.Close()
	name := string(st.state.Version)
	// Windows does not rename a folder that is open.
	st.closeDir()
	if err := st.phone.check(); err != nil {
		return st.die(err)
	}
	if err := staging.Rename(name, versions, name); err != nil {
		return st.die(err)
	}
	if err := versions.Sync(); err != nil {
		st.end()
		return err
	}
	if err := staging.Sync(); err != nil {
		st.end()
		return err
	}
	return nil
}

// die notes that the disk refused something that later steps rely on.
func (st *Stage) die(err error) error {
	st.dead = err
	return err
}
