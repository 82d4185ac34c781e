package mobilebackup2

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"time"

	"homeport/backup/tree"
	"homeport/cause"
	"homeport/usbmux/plist"
)

// infoTime is what may be spent on the parts of Info.plist that the phone has to
// be asked for one by one. The phone mostly waits for its passcode meanwhile.
const infoTime = 2 * time.Minute

// info gathers Info.plist, which is the host's to write: Finder and a restore
// want it, the phone does not read it. Nothing in it can fail a backup. It is
// gathered while the backup runs, and takes the place of the one from the
// earlier run only after this run has succeeded.
type info struct {
	wait sync.WaitGroup
	stop context.CancelFunc

	mu    sync.Mutex
	plist map[string]any // nil: not to be written
	odds  []string
}

// gatherInfo starts the gathering. files may be nil.
func (r *run) gatherInfo(files fileReader) *info {
	i := &info{stop: func() {}}
	if r.engine.opts.NoInfo {
		return i
	}
	ctx, cancel := context.WithTimeout(r.ctx, infoTime)
	i.stop = cancel
	i.plist = map[string]any{}
	i.wait.Go(func() {
		i.wrong("everything", cause.Guard(func() error { i.gather(ctx, r, files); return nil }))
	})
	r.undo = append(r.undo, func() { cancel(); i.wait.Wait() })
	return i
}

func (i *info) gather(ctx context.Context, r *run, files fileReader) {
	root, err := r.job.Phone.Values(ctx, "")
	i.wrong("values", err)
	i.identity(r.job.UDID, root)
	settings, err := r.job.Phone.Values(ctx, "com.apple.mobile.iTunes")
	i.wrong("iTunes settings", err)
	i.iTunes(settings)
	i.applications(ctx, r)
	if files != nil {
		i.files(ctx, files)
	}
}

// wrong keeps an error for the log.
func (i *info) wrong(what string, err error) {
	if err == nil {
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.odds = append(i.odds, fmt.Sprintf("Info.plist goes without %s: %v", what, err))
}

func (i *info) set(key string, value any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.plist[key] = value
}

// copied are the lockdown values that keep their text under another name.
var copied = []struct{ from, to string }{
	{"BuildVersion", "Build Version"},
	{"DeviceName", "Device Name"},
	{"DeviceName", "Display Name"},
	{"IntegratedCircuitCardIdentity", "ICCID"},
	{"InternationalMobileEquipmentIdentity", "IMEI"},
	{"InternationalMobileEquipmentIdentity2", "IMEI 2"},
	{"MobileEquipmentIdentifier", "MEID"},
	{"PhoneNumber", "Phone Number"},
	{"ProductType", "Product Type"},
	{"ProductVersion", "Product Version"},
	{"SerialNumber", "Serial Number"},
}

func (i *info) identity(udid string, root map[string]any) {
	for _, c := range copied {
		if text, ok := root[c.from].(string); ok && text != "" {
			i.set(c.to, text)
		}
	}
	var guid [16]byte
	_, _ = rand.Read(guid[:]) // never fails
	i.set("GUID", strings.ToUpper(hex.EncodeToString(guid[:])))
	i.set("Last Backup Date", time.Now().UTC().Truncate(time.Second))
	i.set("Target Identifier", udid)
	i.set("Target Type", "Device")
	i.set("Unique Identifier", strings.ToUpper(udid))
}

// iTunes fills in what Finder looks at to decide whether it is new enough.
func (i *info) iTunes(settings map[string]any) {
	version, _ := settings["MinITunesVersion"].(string)
	if version == "" {
		version = "10.0.1"
	}
	i.set("iTunes Version", version)
	if settings == nil {
		settings = map[string]any{}
	}
	i.set("iTunes Settings", settings)
}

// iTunesFiles are what iTunes and Finder keep on the phone for themselves.
var iTunesFiles = []string{
	"ApertureAlbumPrefs", "IC-Info.sidb", "IC-Info.sidv", "PhotosFolderAlbums", "PhotosFolderName", "PhotosFolderPrefs",
	"VoiceMemos.plist", "iPhotoAlbumPrefs", "iTunesApplicationIDs", "iTunesPrefs", "iTunesPrefs.plist",
}

// fileReader reads one whole file of the phone, at most max bytes.
type fileReader func(ctx context.Context, path string, max int64) ([]byte, error)

// maxPhoneFile is far above what those files have.
const maxPhoneFile = 4 << 20

func (i *info) files(ctx context.Context, read fileReader) {
	found := map[string]any{}
	for _, name := range iTunesFiles {
		if data, err := read(ctx, "/iTunes_Control/iTunes/"+name, maxPhoneFile); err == nil {
			found[name] = data
		}
		if ctx.Err() != nil {
			return
		}
	}
	i.set("iTunes Files", found)
	if data, err := read(ctx, "/Books/iBooksData2.plist", maxPhoneFile); err == nil {
		i.set("iBooks Data 2", data)
	}
}

func (i *info) odd() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.odds
}

// commit writes Info.plist over the earlier one. An error is one of our disk.
func (i *info) commit(s *session) error {
	if i.plist == nil {
		return nil
	}
	i.wait.Wait()
	i.stop()
	data, err := plist.MarshalXML(i.plist)
	if err != nil {
		i.wrong("its contents", err)
		return nil
	}
	rel, err := s.home.Join("Info.plist")
	if err != nil {
		return err
	}
	if err := writeBody(s.tree, rel, data, s.books.received); err != nil {
		return hostCause(err, nil)
	}
	return nil
}

func writeBody(t *tree.Tree, rel tree.Rel, data []byte, kept func(tree.Rel, int64, [32]byte)) error {
	b, err := t.Create(rel)
	if err != nil {
		return err
	}
	defer b.Abort()
	if _, err := b.Write(data); err != nil {
		return err
	}
	n, sum, err := b.Commit()
	if err != nil {
		return err
	}
	kept(rel, n, sum)
	return nil
}
