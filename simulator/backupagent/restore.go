package backupagent

import (
	"bytes"
	"io"
	"strconv"
	"strings"

	"homeport/simulator/contents"
)

// restoring is one Restore request.
type restoring struct {
	*session
	dir    string // the backup's folder on the host
	source *contents.Contents
	view   *contents.View // what the backup must hold
	stats  RestoreStats
}

// restore carries out a Restore request: it reads every body and compares it,
// and leaves the phone as it is.
func (s *session) restore(message map[string]any) error {
	if err := s.unlock(); err != nil {
		return err
	}
	r := &restoring{session: s, dir: s.agent.env.UDID(), source: s.agent.contents}
	if dir, ok := message["SourceIdentifier"].(string); ok {
		r.dir = dir
	}
	if s.agent.Source != nil {
		r.source = s.agent.Source
	}
	err := r.run(message)
	r.stats.Finished = err == nil
	s.agent.count(func(st *Stats) { st.Restore = r.stats })
	return err
}

func (r *restoring) run(message map[string]any) error {
	if err := r.stage(StageRestoreManifests); err != nil {
		return err
	}
	info, err := r.manifests()
	if err != nil {
		return err
	}
	if r.view.Bytes()-r.agent.contents.View().Bytes() > r.agent.env.FreeBytes() {
		return fail(codePhoneFull)
	}
	options, _ := message["Options"].(map[string]any)
	if dont, _ := options["RestoreDontCopyBackup"].(bool); !dont {
		if err := r.copyBackup(info); err != nil {
			return err
		}
	}
	if err := r.bodies(); err != nil {
		return err
	}
	if r.stats.Mismatched > 0 {
		return failWith(codeCorrupt, "%d of %d files are not what they were", r.stats.Mismatched, r.view.Files())
	}
	return nil
}

// manifests reads what says which backup this is, and answers Info.plist.
func (r *restoring) manifests() (info []byte, err error) {
	b, code, err := r.downloadPlist(r.dir + "/Status.plist")
	switch {
	case err != nil:
		return nil, err
	case code == dlNotFound:
		return nil, fail(codeNoBackup)
	case code != dlOK:
		return nil, onRead(code, "Status.plist")
	}
	st, _, err := parseStatus(b)
	switch {
	case err != nil:
		return nil, err
	case st.SnapshotState != finished || st.BackupState != "new":
		return nil, fail(codeNoBackup)
	}
	if b, code, err = r.downloadPlist(r.dir + "/Manifest.plist"); err != nil {
		return nil, err
	}
	if code != dlOK {
		return nil, onRead(code, "Manifest.plist")
	}
	facts, err := parseFacts(b)
	if err != nil {
		return nil, err
	}
	own, _ := r.agent.env.Values()["ProductVersion"].(string)
	switch {
	case facts.IsEncrypted:
		return nil, fail(codePassword)
	case newer(facts.Lockdown.ProductVersion, own):
		return nil, failWith(codeVersion, "Backup of %s, device has %s", facts.Lockdown.ProductVersion, own)
	}
	entries, code, err := r.downloadManifest(r.dir + "/Manifest.db")
	switch {
	case err != nil:
		return nil, err
	case code != dlOK:
		return nil, onRead(code, "Manifest.db")
	}
	if r.view = stateOf(r.source, entries); r.view == nil {
		return nil, failWith(codeCorrupt, "Manifest.db describes no state that the phone was ever in")
	}
	if info, code, err = r.downloadPlist(r.dir + "/Info.plist"); err != nil {
		return nil, err
	}
	if code != dlOK {
		return nil, onRead(code, "Info.plist")
	}
	if err := decode(info, &map[string]any{}); err != nil {
		return nil, failWith(codeCorrupt, "Info.plist: %v", err)
	}
	return info, nil
}

// stateOf finds the newest state of a phone in which it had these files.
func stateOf(c *contents.Contents, entries []entry) *contents.View {
	for n := c.View().Changes(); n >= 0; n-- {
		if v := c.At(n); v.Files() == len(entries) && equalEntries(entriesOf(v), entries) {
			return v
		}
	}
	return nil
}

func equalEntries(a, b []entry) bool {
	for k := range a {
		if a[k] != b[k] {
			return false
		}
	}
	return true
}

// newer compares versions such as 18.5.1 by their numbers.
func newer(a, b string) bool {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for k := range x {
		n, _ := strconv.Atoi(x[k])
		m := 0
		if k < len(y) {
			m, _ = strconv.Atoi(y[k])
		}
		if n != m {
			return n > m
		}
	}
	return false
}

// copyBackup has the host keep a copy, as the phone asks for unless told not to.
func (r *restoring) copyBackup(info []byte) error {
	if err := r.needSpace(r.view.Bytes()); err != nil {
		return err
	}
	dst := r.dir + r.agent.env.Now().Format("-20060102-150405")
	if err := r.send("DLMessageCopyItem", r.dir, dst); err != nil {
		return err
	}
	if err := r.accepted("copy the backup"); err != nil {
		return err
	}
	return r.uploadOne(0, dst+"/Info.plist", bytes.NewReader(info), int64(len(info)))
}

// bodies reads all of them in batches, as they are listed in the manifest.
func (r *restoring) bodies() error {
	var rows []int32
	for _, i := range r.view.ByID() {
		if r.view.Row(int(i)).Kind == contents.File {
			rows = append(rows, i)
		}
	}
	total := len(rows)
	for len(rows) > 0 {
		if err := r.stage(StageRestoreBatch); err != nil {
			return err
		}
		n := min(batch, len(rows))
		if err := r.compare(rows[:n], 100*float64(r.stats.Files)/float64(total)); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func (r *restoring) compare(rows []int32, progress float64) error {
	paths := make([]string, len(rows))
	checks := make([]comparer, len(rows))
	for k, i := range rows {
		id := r.view.Row(int(i)).ID
		paths[k] = string(appendShard(append([]byte(r.dir), '/'), id))
		checks[k].body = r.view.Body(int(i))
	}
	codes, err := r.download(progress, paths, func(k int) (io.Writer, error) { return &checks[k], nil })
	if err != nil {
		return err
	}
	for k := range checks {
		c := &checks[k]
		r.stats.Files++
		r.stats.Bytes += c.off
		if codes[k] != dlOK || c.different || c.off != c.body.Size() {
			r.stats.Mismatched++
		}
	}
	return nil
}

// comparer holds what is written to it against a body.
type comparer struct {
	body      contents.Body
	off       int64
	different bool
}

func (c *comparer) Write(p []byte) (int, error) {
	if !c.different && !c.body.Equal(p, c.off) {
		c.different = true
	}
	c.off += int64(len(p))
	return len(p), nil
}
