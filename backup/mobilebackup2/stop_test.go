package mobilebackup2

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"homeport/backup"
	"homeport/backup/tree"
	"homeport/cause"
)

// TestStopped ends the context at many points; the run must end at once, say
// what the context says, and leave nothing unfinished.
func TestStopped(t *testing.T) {
	t.Parallel()
	points := map[string]func(d *device){
		"before the version": func(d *device) { d.hang() },
		"before hello":       func(d *device) { d.send("DLMessageVersionExchange", 400, 0); d.hang() },
		"before a message":   func(d *device) { d.handshake(400); d.request(); d.hang() },
		"in a body": func(d *device) {
			d.handshake(400)
			d.request()
			d.ask("DLMessageCreateDirectory", testUDID)
			d.send("DLMessageUploadFiles", map[string]any{}, 1.0, uint64(3))
			d.bytes(cat(entry("f"), block(blockData, "abc")))
			d.hang()
		},
		"in a frame": func(d *device) { d.handshake(400); d.request(); d.bytes(cat(word(1000), []byte("bplist"))); d.hang() },
	}
	for name, script := range points {
		for _, why := range []error{errPulled, nil} {
			t.Run(fmt.Sprint(name, why), func(t *testing.T) {
				t.Parallel()
				ctx, cancel := context.WithCancelCause(t.Context())
				job := testJob(t, scriptedRaw(t, script))
				time.AfterFunc(100*time.Millisecond, func() { cancel(why) })
				start := time.Now()
				_, err := New(testOptions()).Backup(ctx, job, nil)
				want := cause.UserCancelled
				if why != nil {
					want = cause.DeviceDisconnected
				}
				if id, _ := cause.Of(err); id != want || !errors.Is(err, context.Cause(ctx)) {
					t.Errorf("cause %s: %v", id, err)
				}
				if d := time.Since(start); d > 4*time.Second {
					t.Errorf("ended after %v", d)
				}
				noLeftovers(t, job)
			})
		}
	}
}

// TestSilence is what each deadline says.
func TestSilence(t *testing.T) {
	t.Parallel()
	short := testOptions()
	short.Deadlines = Deadlines{Handshake: 100 * time.Millisecond, FirstMessage: 100 * time.Millisecond, Message: 100 * time.Millisecond, Stall: 100 * time.Millisecond, Grace: time.Second}
	for name, script := range map[string]func(d *device){
		"version": func(d *device) { d.hang() },
		"first":   func(d *device) { d.handshake(400); d.request(); d.hang() },
		"message": func(d *device) { d.handshake(400); d.request(); d.ask("DLMessagePing"); d.hang() },
		"frame":   func(d *device) { d.handshake(400); d.request(); d.bytes([]byte{0, 0}); d.hang() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := New(short).Backup(t.Context(), testJob(t, scriptedRaw(t, script)), nil)
			if id, _ := cause.Of(err); id != cause.TransferStalled {
				t.Errorf("%v", err)
			}
		})
	}
}

// A phone that sheds one byte now and then is slow, not silent.
func TestSlowIsNotSilent(t *testing.T) {
	t.Parallel()
	opts := testOptions()
	opts.Deadlines.Stall = time.Second
	raw := cat(entry("f"), block(blockData, "abc"), block(blockDone, ""), word(0))
	job := testJob(t, scripted(t, func(d *device) {
		d.ask("DLMessageCreateDirectory", testUDID)
		d.send("DLMessageUploadFiles", map[string]any{}, 1.0, uint64(3))
		for _, b := range raw {
			d.bytes([]byte{b})
			time.Sleep(15 * time.Millisecond) // the peer's pace, not a synchronisation
		}
		d.status()
		d.complete()
	}))
	if _, err := New(opts).Backup(t.Context(), job, nil); err != nil || content(job, "f") != "abc" {
		t.Errorf("%v", err)
	}
}

// TestCancelOnThePhone is a tap on Cancel, in front of the passcode and later.
func TestCancelOnThePhone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before, after []string // notifications before and after the first message
		want          cause.ID
	}{
		"at the prompt": {[]string{notePresented, noteCancel}, nil, cause.PasscodePromptCancelled},
		"no prompt":     {[]string{noteCancel}, nil, cause.PasscodePromptCancelled},
		"later":         {[]string{notePresented, noteDismissed}, []string{noteCancel}, cause.DeviceCancelled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var p *testPhone
			p = scripted(t, func(d *device) {
				for _, n := range c.before {
					p.notify(n)
				}
				if c.after != nil {
					d.ask("DLMessageCreateDirectory", testUDID)
				}
				for _, n := range c.after {
					p.notify(n)
				}
				d.hang()
			})
			_, err := New(testOptions()).Backup(t.Context(), testJob(t, p), nil)
			if id, _ := cause.Of(err); id != c.want {
				t.Errorf("cause %s, want %s: %v", id, c.want, err)
			}
		})
	}
}

// A service that does not open ends the run with the cause that it had.
func TestServiceRefused(t *testing.T) {
	t.Parallel()
	refusing := func(service string) (backup.Result, error) {
		p := scripted(t, func(d *device) { d.complete() })
		p.refuse = map[string]error{service: cause.New(cause.BackupServiceRefused, nil, errors.New("ServiceProhibited"))}
		return New(testOptions()).Backup(t.Context(), testJob(t, p), nil)
	}
	for _, service := range []string{serviceBackup, serviceFiles} {
		_, err := refusing(service)
		if id, _ := cause.Of(err); id != cause.BackupServiceRefused {
			t.Errorf("%s: %v", service, err)
		}
	}
	// The notifications only serve for hints.
	res, err := refusing(serviceNotify)
	if err != nil || !slices.ContainsFunc(res.Odd, func(s string) bool { return strings.Contains(s, "no notifications") }) {
		t.Errorf("without notifications: %v, %q", err, res.Odd)
	}
}

// TestDiskErrors: the first error of our own disk is drained, answered in
// DeviceLink's words, and told with its cause although the phone then says that
// all is well.
func TestDiskErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		errno error
		code  int64
		want  cause.ID
	}{
		{syscall.ENOSPC, codeDiskFull, cause.HostDiskFullDuring},
		{errQuota, codeDiskFull, cause.HostDiskFullDuring},
		{syscall.EIO, codeIO, cause.HostIOError},
		{syscall.EFBIG, codeFailed, cause.DestinationFileLimit},
		{syscall.EROFS, codeFailed, cause.DestinationNotWritable},
		{syscall.EACCES, codeFailed, cause.DestinationNotWritable},
		{syscall.ETIMEDOUT, codeFailed, cause.DestinationOffline},
	} {
		t.Run(fmt.Sprint(c.want, c.errno), func(t *testing.T) {
			t.Parallel()
			faults := tree.NewFaults(tree.OS{})
			opts := testOptions()
			opts.FS = faults
			body := strings.Repeat("x", 3<<20)
			var got answer
			job := testJob(t, scripted(t, func(d *device) {
				d.ask("DLMessageCreateDirectory", testUDID)
				d.upload(file{u + "first", "1"})
				faults.FailFrom(faults.Ops()+3, c.errno) // in the middle of the body
				got = d.upload(file{u + "big", body}, file{u + "next", "2"})
				d.end(0)
			}))
			_, err := New(opts).Backup(t.Context(), job, nil)
			if id, _ := cause.Of(err); id != c.want || !errors.Is(err, c.errno) {
				t.Errorf("cause %s, want %s: %v", id, c.want, err)
			}
			if got.code != c.code || faults.Fired() == 0 {
				t.Errorf("code %d, want %d; fired %d", got.code, c.code, faults.Fired())
			}
			if content(job, "first") != "1" || !strings.HasPrefix(content(job, "big"), "error") || !strings.HasPrefix(content(job, "next"), "error") {
				t.Error("the folder holds a body that was not whole")
			}
		})
	}
}

// TestReserve: the run stops before it uses more than it was granted.
func TestReserve(t *testing.T) {
	t.Parallel()
	var got answer
	_, job, err := play(t, func(j *backup.Job) {
		dir := j.Dir
		j.Free = func(context.Context) (int64, error) { return 1<<20 - sizeOf(dir), nil }
	}, func(d *device) {
		d.ask("DLMessageCreateDirectory", testUDID)
		if a := d.ask("DLMessageGetFreeDiskSpace"); a.code != 0 || a.payload != uint64(1<<20) {
			t.Errorf("free space: %+v", a)
		}
		got = d.upload(file{u + "f", strings.Repeat("x", 3<<20)})
		d.end(105)
	})
	if id, _ := cause.Of(err); id != cause.HostDiskFullDuring || got.code != codeDiskFull || !strings.Contains(errorText(err), "105") {
		t.Errorf("cause %s, code %d: %v", id, got.code, err)
	}
	if !strings.HasPrefix(content(job, "f"), "error") {
		t.Error("a cut body was kept")
	}
}

// sizeOf adds up the files below dir, unfinished ones too.
func sizeOf(dir string) (n int64) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if i, err := d.Info(); err == nil {
				n += i.Size()
			}
		}
		return nil
	})
	return n
}

// A phone takes a failing answer for enough space, so the run ends by itself.
func TestFreeSpaceUnknown(t *testing.T) {
	t.Parallel()
	var got answer
	_, _, err := play(t, func(j *backup.Job) {
		j.Free = func(context.Context) (int64, error) { return 0, syscall.EIO }
	}, func(d *device) {
		got = d.ask("DLMessageGetFreeDiskSpace")
		d.end(0)
	})
	if id, _ := cause.Of(err); id != cause.HostIOError || got.code != codeIO {
		t.Errorf("%+v %v", got, err)
	}
}

// wholeBackup is a small phone that goes through all that a real one does, and
// gives up when the host has trouble.
func wholeBackup(d *device) {
	asked := func(a answer) {
		if a.code != 0 {
			d.end(104)
			panic(errCut)
		}
	}
	for _, dir := range []string{"", "/aa", "/bb", "/Snapshot", "/Snapshot/aa", "/Snapshot/bb"} {
		asked(d.ask("DLMessageCreateDirectory", testUDID+dir))
	}
	asked(d.upload(file{u + "Status.plist", statusPlist("uploading", "new")}))
	large := strings.Repeat("large", 120_000)
	asked(d.upload(file{u + "Snapshot/aa/1", "one"}, file{u + "Snapshot/bb/2", large}, file{u + "Snapshot/bb/3", ""}))
	asked(d.upload(file{u + "Snapshot/Manifest.plist", "plist"}, file{u + "Snapshot/Manifest.db", "db"}))
	asked(d.ask("DLMessageMoveItems", map[string]any{u + "Snapshot/aa/1": u + "aa/1", u + "Snapshot/bb/2": u + "bb/2", u + "Snapshot/bb/3": u + "bb/3"}))
	asked(d.ask("DLMessageMoveItems", map[string]any{u + "Snapshot/Manifest.plist": u + "Manifest.plist", u + "Snapshot/Manifest.db": u + "Manifest.db"}))
	asked(d.ask("DLMessageRemoveItems", []string{u + "Snapshot"}))
	asked(d.upload(file{u + "Status.plist", statusPlist("finished", "new")}))
	asked(d.ask("DLContentsOfDirectory", testUDID))
	if _, a := d.download(u + "Manifest.db"); a.code != 0 {
		d.end(103)
	}
	d.end(0)
}

// TestEveryFault fails each operation of the disk in turn, for once and for
// good. Whatever happens, a run that claims success has the whole backup, a
// failure has a cause, and no body stands under its name unless it is whole.
func TestEveryFault(t *testing.T) {
	t.Parallel()
	counting := tree.NewFaults(tree.OS{})
	clean, err := faultyRun(t, counting)
	if err != nil || len(clean) != 7 {
		t.Fatalf("%d files, %v", len(clean), err)
	}
	for n := 1; n <= counting.Ops(); n++ {
		once, ever := tree.NewFaults(tree.OS{}), tree.NewFaults(tree.OS{})
		once.FailAt(n, syscall.EIO)
		ever.FailFrom(n, syscall.ENOSPC)
		for _, faults := range []*tree.Faults{once, ever} {
			files, err := faultyRun(t, faults)
			if faults.Fired() == 0 {
				t.Fatalf("fault %d did not fire", n)
			}
			op := faults.Log()[n-1]
			for p, sum := range files {
				if !strings.HasSuffix(p, ".plist") && clean[strings.Replace(p, "Snapshot/", "", 1)] != sum {
					t.Errorf("fault %d (%s): %s differs", n, op, p)
				}
			}
			if err == nil && len(files) != len(clean) {
				t.Errorf("fault %d (%s): success with %d files of %d", n, op, len(files), len(clean))
			}
			if _, ok := cause.Of(err); err != nil && !ok {
				t.Errorf("fault %d (%s): no cause: %v", n, op, err)
			}
			if err == nil && faults == ever {
				t.Errorf("fault %d (%s) from then on: success", n, op)
			}
		}
	}
	t.Logf("%d operations failed, once and for ever", counting.Ops())
}

func faultyRun(t *testing.T, faults *tree.Faults) (map[string][32]byte, error) {
	t.Helper()
	opts := testOptions()
	opts.FS, opts.Deadlines.Grace = faults, 500*time.Millisecond
	p := scripted(t, wholeBackup)
	defer p.close()
	job := testJob(t, p)
	_, err := New(opts).Backup(t.Context(), job, nil)
	files := hashTree(t, job.Dir)
	for path := range files {
		if strings.Contains(path, "hp-part") { // its removal failed too
			delete(files, path)
		}
	}
	return files, err
}
