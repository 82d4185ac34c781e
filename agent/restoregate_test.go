package agent

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"howett.net/plist"

	"homeport/backup/store"
	"homeport/cause"
	"homeport/simulator"
)

// gate is a way in which a version or a phone is not fit for a restore.
type gate struct {
	specs   func(anna, ben *simulator.PhoneSpec)
	version func(t *testing.T, v store.Version) // spoils Anna's version, once it is published
	phone   func(ben *simulator.Phone)
	request func(*RestoreRequest)
	want    cause.ID
}

// in is a path in the phone's folder of a version.
func in(v store.Version, parts ...string) string {
	return filepath.Join(append([]string{v.Path, v.UDID}, parts...)...)
}

// aBody is one of the version's bodies that has some bytes.
func aBody(t *testing.T, v store.Version) string {
	t.Helper()
	found, err := filepath.Glob(in(v, "??", "*"))
	must(t, err)
	for _, p := range found {
		if info, err := os.Stat(p); err == nil && info.Size() > 100 {
			return p
		}
	}
	t.Fatal("no body")
	return ""
}

// rewrite changes a property list of the version.
func rewrite(t *testing.T, path string, change func(map[string]any)) {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	dict := map[string]any{}
	format, err := plist.Unmarshal(data, &dict)
	must(t, err)
	change(dict)
	data, err = plist.Marshal(dict, format)
	must(t, err)
	must(t, os.WriteFile(path, data, 0o600))
}

func flipByte(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	data[len(data)/2] ^= 1
	must(t, os.WriteFile(path, data, 0o600))
}

var gates = map[string]gate{
	"body bit flipped":  {want: cause.VersionDamaged, version: func(t *testing.T, v store.Version) { flipByte(t, aBody(t, v)) }},
	"body truncated":    {want: cause.VersionDamaged, version: func(t *testing.T, v store.Version) { must(t, os.Truncate(aBody(t, v), 50)) }},
	"body missing":      {want: cause.VersionDamaged, version: func(t *testing.T, v store.Version) { must(t, os.Remove(aBody(t, v))) }},
	"file planted":      {want: cause.VersionDamaged, version: func(t *testing.T, v store.Version) { must(t, os.WriteFile(in(v, "planted"), nil, 0o600)) }},
	"list truncated":    {want: cause.VersionDamaged, version: func(t *testing.T, v store.Version) { must(t, os.Truncate(in(v, "Manifest.db"), 4096)) }},
	"no Manifest.plist": {want: cause.VersionDamaged, version: func(t *testing.T, v store.Version) { must(t, os.Remove(in(v, "Manifest.plist"))) }},
	"no Info.plist":     {want: cause.VersionDamaged, version: func(t *testing.T, v store.Version) { must(t, os.Remove(in(v, "Info.plist"))) }},
	"no Status.plist":   {want: cause.VersionDamaged, version: func(t *testing.T, v store.Version) { must(t, os.Remove(in(v, "Status.plist"))) }},
	"never finished": {want: cause.VersionDamaged, version: func(t *testing.T, v store.Version) {
		rewrite(t, in(v, "Status.plist"), func(d map[string]any) { d["SnapshotState"] = "uploading" })
	}},
	"another phone's":        {want: cause.VersionDamaged, version: func(t *testing.T, v store.Version) { must(t, os.Rename(in(v), filepath.Join(v.Path, udidBen))) }},
	"seal changed":           {want: cause.VersionDamaged, version: func(t *testing.T, v store.Version) { flipByte(t, filepath.Join(v.Path, "SHA256SUMS")) }},
	"seal missing":           {want: cause.VersionDamaged, version: func(t *testing.T, v store.Version) { must(t, os.Remove(filepath.Join(v.Path, "SHA256SUMS"))) }},
	"calls itself plain":     {want: cause.VersionDamaged, specs: func(anna, _ *simulator.PhoneSpec) { anna.BackupPassword = "k4n4ry" }, version: callEncrypted("true", "false")},
	"calls itself encrypted": {want: cause.VersionDamaged, version: callEncrypted("false", "true")},
	"known to be damaged":    {want: cause.VersionDamaged, request: func(r *RestoreRequest) { r.Version.Damage = "seen before" }},
	"gone":                   {want: cause.NoSuchVersion, request: func(r *RestoreRequest) { r.Version.ID = "20200101T000000Z-0001" }},
	"no password":            {want: cause.BackupPasswordUnknown, specs: func(anna, _ *simulator.PhoneSpec) { anna.BackupPassword = "k4n4ry" }},
	"wrong password": {want: cause.BackupPasswordUnknown, specs: func(anna, _ *simulator.PhoneSpec) { anna.BackupPassword = "k4n4ry" },
		request: func(r *RestoreRequest) { r.Passwords = says("wrong", "too") }},
	"older iOS":     {want: cause.BackupNewerThanPhone, specs: func(_, ben *simulator.PhoneSpec) { ben.ProductVersion = "18.4.1" }},
	"phone full":    {want: cause.RestoreNoRoom, specs: func(_, ben *simulator.PhoneSpec) { ben.Disk = simulator.Disk{Total: 64e9, Available: 1000} }},
	"phone small":   {want: cause.RestoreNoRoom, specs: func(anna, _ *simulator.PhoneSpec) { anna.Bytes = 3 << 20 }, phone: func(ben *simulator.Phone) { ben.SetValue("com.apple.disk_usage", "AmountDataAvailable", 1<<20) }},
	"Find My":       {want: cause.FindMyOn, specs: func(_, ben *simulator.PhoneSpec) { ben.FindMy = true }},
	"in set-up":     {want: cause.SetupNotFinished, specs: func(_, ben *simulator.PhoneSpec) { ben.InSetup = true }},
	"not activated": {want: cause.NotActivated, specs: func(_, ben *simulator.PhoneSpec) { ben.Activation = "Unactivated" }},
	"locked":        {want: cause.DeviceLocked, phone: (*simulator.Phone).Lock},
	"untrusted":     {want: cause.NotTrusted, specs: func(_, ben *simulator.PhoneSpec) { ben.Trust = simulator.Trust{} }},
	"impostor":      {want: cause.DeviceIdentityMismatch, phone: func(ben *simulator.Phone) { ben.SetImpostor(true) }},
	"syncing":       {want: cause.SyncLockHeld, phone: func(ben *simulator.Phone) { ben.HoldSyncLock(time.Minute) }},
}

// callEncrypted makes version.json say something else about encryption than the
// version is.
func callEncrypted(was, is string) func(t *testing.T, v store.Version) {
	return func(t *testing.T, v store.Version) {
		p := filepath.Join(v.Path, "version.json")
		data, err := os.ReadFile(p)
		must(t, err)
		changed := strings.Replace(string(data), `"encrypted": `+was, `"encrypted": `+is, 1)
		if changed == string(data) {
			t.Fatalf("version.json says nothing of encryption:\n%s", data)
		}
		must(t, os.WriteFile(p, []byte(changed), 0o600))
	}
}

// TestRestoreGate: no version that is damaged and no phone that is not ready gets as
// far as a request, and each is told for what it is.
func TestRestoreGate(t *testing.T) {
	t.Parallel()
	for name, g := range gates {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && g.version != nil && name != "body bit flipped" {
				t.Skip("the long run has all of them")
			}
			t.Parallel()
			w := family(t, func(anna, ben *simulator.PhoneSpec) {
				anna.Files = 30
				if g.specs != nil {
					g.specs(anna, ben)
				}
			})
			ben := w.sim.Phone(udidBen)
			if g.version != nil {
				g.version(t, w.versions(t, udidAnna)[0])
				w.guard.Forget(w.dest)
			}
			if g.phone != nil {
				g.phone(ben)
			}
			o := w.restore(t, udidBen, g.request)
			if !isCause(o.Err, g.want) || o.Begun || o.Done != nil {
				t.Errorf("%v, want %s; %+v", o.Err, g.want, o.Done)
			}
			if n := len(ben.Agent().Stats().RestoreRequests); n > 0 {
				t.Errorf("the phone got %d requests", n)
			}
		})
	}
}
