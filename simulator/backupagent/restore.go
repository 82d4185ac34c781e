package backupagent

import (
	"bytes"
	"errors"
	"maps"
	"strconv"
	"strings"

	"homeport/simulator/contents"
)

// restoring is one Restore request.
type restoring struct {
	*session
	dir      string // the backup's folder on the host
	password string
	source   *contents.Contents
	facts    manifestFacts
	info     []byte              // Info.plist
	opening  opening             // of an encrypted backup
	keys     map[[20]byte][]byte // of its bodies, wrapped
	view     *contents.View      // what the backup must hold
	stats    RestoreStats
}

// restore carries out a Restore request: it reads every body and compares it, and
// when all are right the phone holds them.
func (s *session) restore(message map[string]any) error {
	a := s.agent
	a.count(func(st *Stats) {
		st.Restore = RestoreStats{Code: -1}
		st.RestoreRequests = append(st.RestoreRequests, maps.Clone(message))
	})
	r := &restoring{session: s, dir: a.env.UDID(), source: a.contents}
	err := r.run(message)
	r.stats.Finished, r.stats.Code = err == nil, codeOf(err)
	a.count(func(st *Stats) { st.Restore = r.stats })
	return err
}

// codeOf is the ErrorCode that a request that ended with err is answered with, -1
// when it was not answered.
func codeOf(err error) int {
	if f := (*failure)(nil); errors.As(err, &f) {
		return f.code
	} else if err != nil {
		return -1
	}
	return 0
}

func (r *restoring) run(message map[string]any) error {
	if err := r.unlock(); err != nil {
		return err
	}
	if err := r.mayRestore(); err != nil {
		return err
	}
	if dir, ok := message["SourceIdentifier"].(string); ok {
		r.dir = dir
	}
	options, _ := message["Options"].(map[string]any)
	r.password, _ = options["Password"].(string)
	if err := r.stage(StageRestoreManifests); err != nil {
		return err
	}
	if err := r.manifests(); err != nil {
		return err
	}
	if r.view.Bytes()-r.agent.contents.View().Bytes() > r.agent.env.FreeBytes() {
		return fail(codePhoneFull)
	}
	if dont, _ := options["RestoreDontCopyBackup"].(bool); !dont {
		if err := r.copyBackup(); err != nil {
			return err
		}
	}
	if err := r.bodies(); err != nil {
		return err
	}
	if r.stats.Mismatched > 0 {
		return failWith(codeCorrupt, "%d of %d files are not what they were", r.stats.Mismatched, r.view.Files())
	}
	remove, ok := options["RemoveItemsNotRestored"].(bool)
	r.take(ok && !remove)
	if should, ok := options["RestoreShouldReboot"].(bool); !ok || should {
		r.reboot = r.agent.Reboot != nil
	}
	return nil
}

// take makes the phone one that holds the backup, and with keep what it had beside
// it. A phone without a backup password takes over that of the backup.
func (r *restoring) take(keep bool) {
	a := r.agent
	a.contents.Restore(r.view, keep)
	a.kept = nil
	if r.facts.IsEncrypted && !a.contents.Keybag().Encrypts() {
		a.contents.SetPassword(r.password)
		if a.PasswordChanged != nil {
			a.PasswordChanged(true)
		}
	}
}

// manifests reads what says which backup this is.
func (r *restoring) manifests() error {
	for _, step := range []func() error{r.readStatus, r.readFacts, r.readKeybag, r.readManifest, r.readInfo} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (r *restoring) readStatus() error {
	b, code, err := r.downloadPlist(r.dir + "/Status.plist")
	switch {
	case err != nil:
		return err
	case code == dlNotFound:
		return fail(codeNoBackup)
	case code != dlOK:
		return onRead(code, "Status.plist")
	}
	st, _, err := parseStatus(b)
	switch {
	case err != nil:
		return err
	case st.SnapshotState != finished || st.BackupState != "new":
		return fail(codeNoBackup)
	}
	return nil
}

func (r *restoring) readFacts() error {
	b, err := r.need("Manifest.plist")
	if err != nil {
		return err
	}
	if r.facts, err = parseFacts(b); err != nil {
		return err
	}
	r.stats.Encrypted = r.facts.IsEncrypted
	own, _ := r.agent.env.Values()["ProductVersion"].(string)
	if version := r.facts.Lockdown.ProductVersion; newer(version, own) {
		return failWith(codeVersion, "Backup of %s, device has %s", version, own)
	}
	r.chooseSource()
	return nil
}

// chooseSource finds the phone that the backup is of.
func (r *restoring) chooseSource() {
	a := r.agent
	if a.Source != nil {
		r.source = a.Source
		return
	}
	udid := r.facts.Lockdown.UniqueDeviceID
	if udid != a.env.UDID() && a.Sources != nil {
		if c := a.Sources(udid); c != nil {
			r.source = c
		}
	}
}

// readKeybag opens the key bag of an encrypted backup.
func (r *restoring) readKeybag() error {
	if !r.facts.IsEncrypted {
		return nil
	}
	if r.password == "" {
		return fail(codePassword)
	}
	keys, err := contents.Unlock(r.facts.BackupKeyBag, r.password)
	switch {
	case errors.Is(err, contents.ErrPassword):
		return fail(codePassword)
	case err != nil:
		return failWith(codeCorrupt, "Manifest.plist: %v", err)
	case len(r.facts.ManifestKey) == 0:
		return fail(codeNoKey)
	}
	if _, err := keys.Unwrap(r.facts.ManifestKey); err != nil {
		return failWith(codeCorrupt, "Manifest.plist: %v", err)
	}
	r.opening = opening{keys: keys, key: r.facts.ManifestKey}
	return nil
}

func (r *restoring) readManifest() error {
	m, code, err := r.downloadManifest(r.dir+"/Manifest.db", r.opening, r.facts.IsEncrypted)
	switch {
	case err != nil:
		return err
	case code != dlOK:
		return onRead(code, "Manifest.db")
	case m == nil:
		return failWith(codeCorrupt, "Manifest.db cannot be read")
	}
	if r.view = stateOf(r.source, m.entries); r.view == nil {
		return failWith(codeCorrupt, "Manifest.db describes no state that the phone was ever in")
	}
	if r.facts.IsEncrypted {
		r.keys = make(map[[20]byte][]byte, len(m.entries))
		for k, e := range m.entries {
			r.keys[e.id] = m.keys[k]
		}
	}
	return nil
}

func (r *restoring) readInfo() (err error) {
	if r.info, err = r.need("Info.plist"); err != nil {
		return err
	}
	if err := decode(r.info, &map[string]any{}); err != nil {
		return failWith(codeCorrupt, "Info.plist: %v", err)
	}
	return nil
}

// need reads a small file that must be there.
func (r *restoring) need(name string) ([]byte, error) {
	b, code, err := r.downloadPlist(r.dir + "/" + name)
	if err == nil && code != dlOK {
		err = onRead(code, name)
	}
	return b, err
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
func (r *restoring) copyBackup() error {
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
	return r.uploadOne(0, dst+"/Info.plist", bytes.NewReader(r.info), int64(len(r.info)))
}
