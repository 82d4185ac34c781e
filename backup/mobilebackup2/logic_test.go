package mobilebackup2

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"homeport/backup"
	"homeport/cause"
)

const u = testUDID + "/"

// TestMoves is H-76 to H-80.
func TestMoves(t *testing.T) {
	t.Parallel()
	files := []file{{"a", "A"}, {"b", "B"}, {"dir/x", "X"}, {"Manifest.db", "old"}, {"Snapshot/Manifest.db", "new"}}
	cases := map[string]struct {
		move map[string]any
		code int64
		want map[string]string // "-" for gone
	}{
		"missing source":        {map[string]any{u + "none": u + "a"}, codeMulti, map[string]string{"a": "A"}},
		"onto itself":           {map[string]any{u + "a": u + "a"}, 0, map[string]string{"a": "A"}},
		"folder into itself":    {map[string]any{u + "dir": u + "dir/sub"}, codeMulti, map[string]string{"dir/x": "X"}},
		"folder onto its own":   {map[string]any{u + "dir/x": u + "dir"}, codeMulti, map[string]string{"dir/x": "X"}},
		"swap":                  {map[string]any{u + "a": u + "b", u + "b": u + "a"}, codeMulti, map[string]string{"a": "A", "b": "B"}},
		"over the manifest":     {map[string]any{u + "Snapshot/Manifest.db": u + "Manifest.db"}, 0, map[string]string{"Manifest.db": "new", "Snapshot/Manifest.db": "-"}},
		"one good, one bad":     {map[string]any{u + "a": u + "c", u + "none": u + "d"}, codeMulti, map[string]string{"c": "A", "a": "-"}},
		"file over folder":      {map[string]any{u + "a": u + "dir"}, codeMulti, map[string]string{"a": "A", "dir/x": "X"}},
		"folder over file":      {map[string]any{u + "dir": u + "a"}, codeMulti, map[string]string{"a": "A", "dir/x": "X"}},
		"into a missing folder": {map[string]any{u + "a": u + "no/a"}, codeMulti, map[string]string{"a": "A"}},
		"the whole backup":      {map[string]any{testUDID: u + "a"}, codeMulti, map[string]string{"a": "A", "b": "B"}},
		"onto the whole backup": {map[string]any{u + "a": testUDID}, codeMulti, map[string]string{"a": "A", "b": "B"}},
		"a number as target":    {map[string]any{u + "a": 7}, codeFailed, map[string]string{"a": "A"}},
		"nothing":               {map[string]any{}, 0, map[string]string{"a": "A"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got answer
			var job backup.Job
			_, _, err := play(t, func(j *backup.Job) { base(t, *j, files...); job = *j }, func(d *device) {
				got = d.ask("DLMessageMoveItems", c.move, map[string]any{}, 90.0)
				for p, want := range c.want {
					text := content(job, p)
					if want == "-" && !strings.HasPrefix(text, "error") || want != "-" && text != want {
						t.Errorf("%s is %q, want %q", p, text, want)
					}
				}
				d.complete()
			})
			if err != nil || got.code != c.code {
				t.Errorf("%+v, want %d; %v", got, c.code, err)
			}
		})
	}
}

// TestFolderMessages is H-81 to H-86 and their like.
func TestFolderMessages(t *testing.T) {
	t.Parallel()
	missing := make([]string, 20_000)
	for i := range missing {
		missing[i] = fmt.Sprintf("%sno%d", u, i)
	}
	same := make([]string, 2000)
	for i := range same {
		same[i] = u + "a"
	}
	cases := map[string]struct {
		ask  []any
		code int64
	}{
		"remove missing":          {[]any{"DLMessageRemoveItems", missing}, 0},
		"remove the whole backup": {[]any{"DLMessageRemoveItems", []string{testUDID}}, codeMulti},
		"remove nothing":          {[]any{"DLMessageRemoveItems", []string{""}}, codeMulti},
		"remove a number":         {[]any{"DLMessageRemoveItems", []any{7}}, codeFailed},
		"remove a string":         {[]any{"DLMessageRemoveItems", "a"}, codeFailed},
		"copy into itself":        {[]any{"DLMessageCopyItem", u + "dir", u + "dir/sub"}, codeFailed},
		"copy onto itself":        {[]any{"DLMessageCopyItem", u + "dir", u + "dir"}, codeFailed},
		"copy missing":            {[]any{"DLMessageCopyItem", u + "none", u + "x"}, codeNotFound},
		"copy one argument":       {[]any{"DLMessageCopyItem", u + "dir"}, codeFailed},
		"mkdir again":             {[]any{"DLMessageCreateDirectory", u + "dir"}, 0},
		"mkdir over a file":       {[]any{"DLMessageCreateDirectory", u + "a"}, codeExists},
		"mkdir below a file":      {[]any{"DLMessageCreateDirectory", u + "a/b"}, codeNotDir},
		"mkdir below nothing":     {[]any{"DLMessageCreateDirectory", u + "no/b"}, codeNotFound},
		"mkdir of a dictionary":   {[]any{"DLMessageCreateDirectory", map[string]any{}}, codeFailed},
		"list missing":            {[]any{"DLContentsOfDirectory", u + "none"}, codeNotFound},
		"list a file":             {[]any{"DLContentsOfDirectory", u + "a"}, codeNotDir},
		"list nothing":            {[]any{"DLContentsOfDirectory"}, codeFailed},
		"purge":                   {[]any{"DLMessagePurgeDiskSpace", uint64(1) << 40, 4}, codeFailed},
		"purge everything":        {[]any{"DLMessagePurgeDiskSpace", ^uint64(0)}, codeFailed},
		"purge a negative":        {[]any{"DLMessagePurgeDiskSpace", -5}, codeFailed},
		"purge a string":          {[]any{"DLMessagePurgeDiskSpace", "all"}, codeFailed},
		"ready again":             {[]any{"DLMessageDeviceReady"}, codeFailed},
		"version again":           {[]any{"DLMessageVersionExchange", 400, 0}, codeFailed},
		"unknown":                 {[]any{"DLMessageFoo", 1, 2}, codeFailed},
		"unknown with ESC":        {[]any{"DLMessage\x1b[2J" + strings.Repeat("x", 5000)}, codeFailed},
		"download without a list": {[]any{"DLMessageDownloadFiles", 7}, codeFailed},
		"move without a table":    {[]any{"DLMessageMoveItems", []string{"a"}}, codeFailed},
		"odd progress":            {[]any{"DLMessageRemoveItems", []string{u + "none"}, "x", "y"}, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got answer
			_, job, err := play(t, func(j *backup.Job) { base(t, *j, file{"a", "A"}, file{"dir/x", "X"}) }, func(d *device) {
				got = d.ask(c.ask...)
				d.complete()
			})
			if err != nil || got.code != c.code {
				t.Errorf("%+v, want %d; %v", got, c.code, err)
			}
			if content(job, "a") != "A" || content(job, "dir/x") != "X" {
				t.Error("a good file is gone")
			}
		})
	}
}

func TestListing(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 14, 15, 100, 20_000} {
		_, _, err := play(t, func(j *backup.Job) {
			base(t, *j, file{"dir/sub/x", "X"}, file{"dir/foreign é", ""}, file{"dir/.hp-part-1", ""})
			for i := range n {
				if err := os.WriteFile(filepath.Join(home(*j), "dir", fmt.Sprintf("%040x", i)), []byte("abc"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}, func(d *device) {
			a := d.ask("DLContentsOfDirectory", u+"dir")
			dict, _ := a.payload.(map[string]any)
			if a.code != 0 || len(dict) != n+1 {
				t.Errorf("code %d, %d entries of %d", a.code, len(dict), n+1)
			}
			for name, v := range dict {
				e := v.(map[string]any)
				want, size := "DLFileTypeRegular", uint64(3)
				if name == "sub" {
					want, size = "DLFileTypeDirectory", e["DLFileSize"].(uint64)
				}
				if e["DLFileType"] != want || e["DLFileSize"] != size || e["DLFileModificationDate"] == nil {
					t.Errorf("%s: %v", name, e)
					break
				}
			}
			d.complete()
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestDownload(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("0123456789abcdef", 70_000)
	files := map[string]string{"empty": "", "small": "abc", "frame": large[:frameData], "frames": large[:2*frameData], "large": large}
	_, _, err := play(t, func(j *backup.Job) {
		for p, c := range files {
			base(t, *j, file{p, c})
		}
	}, func(d *device) {
		want := map[string]string{u + "none": "!" + textNotFound, u + "dir": "!" + textNotFound}
		paths := []string{u + "none", u + "dir"}
		for p, c := range files {
			want[u+p] = c
			paths = append(paths, u+p)
		}
		got, a := d.download(paths...)
		if !maps.Equal(got, want) {
			t.Error("what came differs")
		}
		if a.code != codeMulti || a.codes()[u+"none"] != codeNotFound || len(a.codes()) != 2 {
			t.Errorf("status %+v", a)
		}
		if _, a := d.download(u + "small"); a.code != 0 {
			t.Errorf("status %+v", a)
		}
		d.complete()
	})
	if err != nil {
		t.Error(err)
	}
}

// TestResults is H-88 to H-90: what counts as success.
func TestResults(t *testing.T) {
	t.Parallel()
	end := func(code any) func(*device) { return func(d *device) { d.end(code) } }
	with := func(files ...file) func(*device) {
		return func(d *device) {
			d.ask("DLMessageCreateDirectory", testUDID)
			for _, f := range files {
				d.upload(file{u + f.path, f.content})
			}
			d.end(0)
		}
	}
	done, plist, db := file{"Status.plist", statusPlist("finished", "new")}, file{"Manifest.plist", "p"}, file{"Manifest.db", "d"}
	cases := map[string]struct {
		want   cause.ID
		script func(d *device)
	}{
		"good":               {"", with(plist, db, done)},
		"uploading":          {cause.ProtocolError, with(plist, db, file{"Status.plist", statusPlist("uploading", "new")})},
		"empty state":        {cause.ProtocolError, with(plist, db, file{"Status.plist", statusPlist("finished", "empty")})},
		"no status":          {cause.ProtocolError, with(plist, db)},
		"status is rubbish":  {cause.ProtocolError, with(plist, db, file{"Status.plist", "bplist00"})},
		"no database":        {cause.ProtocolError, with(plist, done)},
		"empty database":     {cause.ProtocolError, with(plist, file{"Manifest.db", ""}, done)},
		"no manifest":        {cause.ProtocolError, with(db, done)},
		"nothing at all":     {cause.ProtocolError, end(0)},
		"no code":            {cause.ProtocolError, func(d *device) { d.send("DLMessageProcessMessage", map[string]any{"MessageName": "Response"}) }},
		"code a string":      {cause.ProtocolError, end("0")},
		"no response":        {cause.ProtocolError, func(d *device) { d.send("DLMessageProcessMessage") }},
		"disconnect":         {cause.DeviceDisconnected, func(d *device) { d.send("DLMessageDisconnect", "bye") }},
		"locked":             {cause.PasscodePromptUnanswered, end(208)},
		"cancelled":          {cause.DeviceCancelled, end(202)},
		"corrupt, with none": {cause.DeviceInternalError, end(205)},
		"password":           {cause.BackupPasswordUnknown, end(207)},
		"policy":             {cause.EncryptionRequiredByPolicy, end(22)},
		"snapshot":           {cause.DeviceSnapshotStuck, end(3)},
		"busy":               {cause.DeviceBusy, end(14)},
		"setup":              {cause.SetupNotFinished, end(212)},
		"its own space":      {cause.DeviceStorageFull, end(102)},
		"internal":           {cause.DeviceInternalError, end(104)},
		"unknown code":       {cause.Unknown, end(4711)},
		"huge code":          {cause.Unknown, end(^uint64(0))},
		"state old":          {"", with(plist, db, file{"Status.plist", statusPlist("finished", "old")})},
		"space, with much":   {cause.HostSpaceMisreported, end(105)},
		"space, told early":  {cause.HostDiskFull, func(d *device) { d.ask("DLMessagePurgeDiskSpace", uint64(60)<<30, 4); d.end(105) }},
		"space, after a purge": {cause.HostDiskFullDuring, func(d *device) {
			d.upload(file{u + plist.path, plist.content})
			d.ask("DLMessagePurgeDiskSpace", uint64(60)<<30, 4)
			d.end(105)
		}},
		"cancelled, in words": {cause.PasscodePromptCancelled, func(d *device) { d.endWith(1, "Canceled by user") }},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, job, err := play(t, func(j *backup.Job) { base(t, *j) }, c.script)
			id, ok := cause.Of(err)
			if c.want == "" && err != nil || c.want != "" && (!ok || id != c.want) {
				t.Fatalf("cause %s, want %s (%v)", id, c.want, err)
			}
			if got := content(job, "Info.plist"); (got == "old info") == (err == nil) {
				t.Errorf("Info.plist %.30q after %v", got, err)
			}
			if e := cause.From(err); c.want == cause.DeviceInternalError && e.Evidence["text"] != "text (MBErrorDomain/x)" {
				t.Errorf("evidence %v", e.Evidence)
			}
		})
	}
}

// The status of an earlier run proves nothing.
func TestOldStatusDoesNotCount(t *testing.T) {
	t.Parallel()
	_, _, err := play(t, func(j *backup.Job) {
		base(t, *j, file{"Status.plist", statusPlist("finished", "new")}, file{"Manifest.db", "d"}, file{"Manifest.plist", "p"})
	}, func(d *device) { d.end(0) })
	if id, _ := cause.Of(err); id != cause.ProtocolError || !strings.Contains(errorText(err), "no Status.plist") {
		t.Errorf("err = %v", err)
	}
}

// TestBackupPutAside has a phone that begins anew move the whole backup to a name
// with a date: it is told that it may, no copy is left in the version that is
// being made, and no other name is taken for this.
func TestBackupPutAside(t *testing.T) {
	t.Parallel()
	_, job, err := play(t, func(j *backup.Job) { base(t, *j, file{"ab/old", "old"}) }, func(d *device) {
		for _, dst := range []string{"-20260101", "-20260101-101010x", "/x", "", "-20260101-101010/../y"} {
			if a := d.ask("DLMessageMoveItems", map[string]any{testUDID: testUDID + dst}, map[string]any{}, 0.0); a.code == codeOK {
				t.Errorf("moved to %q", dst)
			}
		}
		if a := d.ask("DLMessageMoveItems", map[string]any{testUDID: testUDID + "-20260101-101010"}, map[string]any{}, 0.0); a.code != codeOK {
			t.Errorf("refused: %+v", a)
		}
		d.ask("DLMessageCreateDirectory", testUDID)
		d.complete()
	})
	if err != nil {
		t.Error(err)
	}
	if got := content(job, "ab/old"); got == "old" {
		t.Error("the old body is still there")
	}
	if entries, _ := os.ReadDir(job.Dir); len(entries) != 1 {
		t.Errorf("in the stage: %v", entries)
	}
}
