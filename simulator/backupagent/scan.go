package backupagent

import (
	"encoding/hex"
	"slices"

	"homeport/simulator/contents"
)

// partial is what the phone remembers of a run that was cut: which bodies it sent,
// each in which state. Without it nobody can tell whether a body in Snapshot/ is
// the one that the phone has now.
type partial struct {
	uuid   string  // of the Status.plist that the run left on the host
	forced bool    // it was asked for as a full backup
	full   bool    // it is one, for whatever reason
	bag    int     // the number of the key bag that it was made with
	sent   []int64 // by row: Row.Modified of what was sent last, 0 for nothing
}

// fate is what a run does about one row.
type fate uint8

const (
	send      fate = iota // upload into Snapshot/, then move
	staged                // lies in Snapshot/ from a cut run; move
	moved                 // was moved by a cut run
	unchanged             // the base has it
)

// run is one Backup request.
type run struct {
	*session
	dir    string // the phone's folder on the host
	number int
	forced bool
	view   *contents.View
	bag    *contents.Keybag

	host       status        // as found on the host
	resume     bool          // host is of a run that was cut, and *partial of the same
	folder     bool          // the host has a folder of this phone to look at
	leftover   bool          // and in it a Snapshot/
	facts      manifestFacts // of the Manifest.plist that this run writes
	plist      []byte        // that Manifest.plist
	full       bool          // the base is not used
	base       []entry       // what the host has from before
	rows       []int32       // the files of view, in the order of their ids
	fates      []fate        // of rows
	stale      []string      // ids on the host that are not files of view
	uploadSize int64         // of the rows to send
	sent       int64         // so far
	ahead      ahead
}

// scan reads what the host has and settles the fate of each row.
func (r *run) scan() error {
	for _, i := range r.view.ByID() {
		if r.view.Row(int(i)).Kind == contents.File {
			r.rows = append(r.rows, i)
		}
	}
	r.fates = make([]fate, len(r.rows))
	r.full = true
	usable, err := r.readStatus()
	if err != nil {
		return err
	}
	if usable && !r.forced {
		if err := r.readBase(); err != nil {
			return err
		}
	}
	if err := r.readPartial(usable); err != nil {
		return err
	}
	if r.folder {
		if err := r.survey(); err != nil {
			return err
		}
	}
	for k, i := range r.rows {
		if r.full && r.fates[k] == unchanged {
			r.fates[k] = send
		}
		if r.fates[k] == send {
			r.uploadSize += r.bodySize(i)
		}
	}
	return nil
}

// readStatus reads the host's Status.plist; usable says that there is one to go
// on from.
func (r *run) readStatus() (usable bool, err error) {
	b, code, err := r.downloadPlist(r.dir + "/Status.plist")
	switch {
	case err != nil:
		return false, err
	case code == dlNotFound:
		return false, nil
	case code != dlOK:
		return false, onRead(code, "Status.plist")
	}
	r.folder = true
	r.host, usable, err = parseStatus(b)
	return usable, err
}

// readBase reads the manifests of the backup that the host has. It leaves full
// unless they are of this phone and sound.
func (r *run) readBase() error {
	b, code, err := r.downloadPlist(r.dir + "/Manifest.plist")
	switch {
	case err != nil:
		return err
	case code == dlNotFound:
		return nil
	case code != dlOK:
		return onRead(code, "Manifest.plist")
	}
	facts, err := parseFacts(b)
	if err != nil && len(b) == 0 {
		return err
	}
	if err != nil || !facts.sameOwner(r.facts) {
		return nil
	}
	m, code, err := r.downloadManifest(r.dir+"/Manifest.db", r.opening(facts), false)
	switch {
	case err != nil:
		return err
	case code == dlOK && m != nil:
		r.base, r.full = m.entries, false
	case code == dlOK:
	case code != dlNotFound:
		return onRead(code, "Manifest.db")
	}
	return nil
}

// opening is how a manifest of this phone, under its key bag of now, is read.
func (r *run) opening(facts manifestFacts) opening {
	if !facts.IsEncrypted {
		return opening{}
	}
	return opening{keys: r.bag.Keys(), key: facts.ManifestKey, mine: r.bag}
}

// readPartial finds out whether this run goes on with one that was cut.
func (r *run) readPartial(usable bool) error {
	if !usable || r.host.SnapshotState == finished {
		return r.begin()
	}
	kept := r.agent.kept
	switch {
	case kept != nil && kept.bag != r.bag.Number(): // its bodies are under other keys
	case kept != nil && kept.uuid == r.host.UUID && (kept.forced || !r.forced):
		r.resume = true
		for len(kept.sent) < r.view.Len() {
			kept.sent = append(kept.sent, 0)
		}
		// The cut run was a full one: go on so, its base may be half overwritten.
		if kept.forced {
			r.full = true
		}
		return nil
	case r.host.SnapshotState != uploading && !r.forced:
		return r.recall()
	}
	return r.begin()
}

// begin forgets what was sent before.
func (r *run) begin() error {
	r.agent.tries++
	r.agent.kept = &partial{
		uuid:   r.agent.contents.UUID(-1000 - r.agent.tries),
		forced: r.forced,
		bag:    r.bag.Number(),
		sent:   make([]int64, r.view.Len()),
	}
	return nil
}

// recall goes on with a run of which the phone remembers nothing, because it was
// restarted, when it was cut after its manifest was whole: that names each body's
// state. Else what lies in Snapshot/ is worth nothing.
func (r *run) recall() error {
	r.begin()
	entries, err := r.stagedEntries()
	if err != nil || entries == nil {
		return err
	}
	for k, i := range r.rows {
		if e, ok := find(entries, r.view.Row(int(i)).ID); ok {
			r.agent.kept.sent[r.rows[k]] = e.modified
		}
	}
	r.agent.kept.uuid, r.agent.kept.full = r.host.UUID, r.host.IsFullBackup
	r.resume = true
	return nil
}

// stagedEntries answers what the manifest of a cut run says, nil when there is none
// of this phone under its key bag of now.
func (r *run) stagedEntries() ([]entry, error) {
	b, code, err := r.downloadPlist(r.snapshot("Manifest.plist"))
	if code == dlNotFound && err == nil { // it was moved already
		b, code, err = r.downloadPlist(r.dir + "/Manifest.plist")
	}
	if err != nil || code != dlOK {
		return nil, err
	}
	facts, err := parseFacts(b)
	if err != nil || !facts.sameOwner(r.facts) {
		return nil, nil
	}
	m, code, err := r.downloadManifest(r.snapshot("Manifest.db"), r.opening(facts), false)
	switch {
	case err != nil:
		return nil, err
	case code == dlNotFound: // it was moved last: then so is everything
		return r.base, nil
	case m == nil:
		return nil, nil
	}
	return m.entries, nil
}

func (r *run) snapshot(name string) string { return r.dir + "/Snapshot/" + name }

// survey lists the host's folder, shard by shard.
func (r *run) survey() error {
	top, _, err := r.list(r.dir)
	if err != nil {
		return err
	}
	var staging map[string]listed
	if _, r.leftover = top["Snapshot"]; r.leftover && r.resume {
		if staging, _, err = r.list(r.dir + "/Snapshot"); err != nil {
			return err
		}
	}
	for shard := range 256 {
		name := hex.EncodeToString([]byte{byte(shard)})
		var bodies, waiting map[string]listed
		if _, ok := top[name]; ok {
			if bodies, _, err = r.list(r.dir + "/" + name); err != nil {
				return err
			}
		}
		if _, ok := staging[name]; ok {
			if waiting, _, err = r.list(r.snapshot(name)); err != nil {
				return err
			}
		}
		r.surveyShard(byte(shard), bodies, waiting)
	}
	slices.Sort(r.stale)
	if !r.resume && !r.full {
		r.stale = r.staleOfBase()
	}
	return nil
}

// surveyShard settles the fates of the rows whose ids begin with shard.
func (r *run) surveyShard(shard byte, bodies, waiting map[string]listed) {
	first := r.lowerBound(shard)
	for k := first; k < len(r.rows); k++ {
		row := r.view.Row(int(r.rows[k]))
		if row.ID[0] != shard {
			break
		}
		name := hex.EncodeToString(row.ID[:])
		body, there := bodies[name]
		delete(bodies, name)
		wait, isStaged := waiting[name]
		sent := r.resume && r.agent.kept.sent[r.rows[k]] == row.Modified
		before, known := find(r.base, row.ID)
		switch {
		case sent && isStaged && wait.size == r.bag.Size(row.Size):
			r.fates[k] = staged
		case sent && there && body.size == r.bag.Size(row.Size) && r.host.SnapshotState != uploading:
			r.fates[k] = moved
		case known && there && before.size == row.Size && before.modified == row.Modified:
			r.fates[k] = unchanged
		}
		// A name that the host has lost spoils the base. Only names are
		// looked at: a phone is believed not to compare sizes here.
		if known && !there {
			r.full = true
		}
	}
	for name, e := range bodies {
		if isID(name) && !e.dir {
			r.stale = append(r.stale, name)
		}
	}
}

func (r *run) lowerBound(shard byte) int {
	k, _ := slices.BinarySearchFunc(r.rows, shard, func(i int32, shard byte) int {
		return int(r.view.Row(int(i)).ID[0]) - int(shard)
	})
	return k
}

// staleOfBase lists what the base has and the phone has no more.
func (r *run) staleOfBase() []string {
	var ids []string
	for _, e := range r.base {
		if i, ok := r.view.Find(e.id); !ok || r.view.Row(i).Kind != contents.File {
			ids = append(ids, hex.EncodeToString(e.id[:]))
		}
	}
	return ids
}
