package mobilebackup2

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"homeport/backup"
	"homeport/cause"
)

const (
	oldCanary = "old-canary-17"
	newCanary = "new-canary-23"
)

// passwordPhone is a phone that gets one ChangePassword request and ends it as
// play says; what it was asked is in got.
func passwordPhone(t testing.TB, got *map[string]any, play func(d *device)) *testPhone {
	return scriptedRaw(t, func(d *device) {
		d.handshake(400)
		m := d.expect("DLMessageProcessMessage")
		*got, _ = m[1].(map[string]any)
		play(d)
	})
}

func (p *testPhone) encrypts(on bool) *testPhone {
	p.values = map[string]map[string]any{backupDomain: {"WillEncrypt": on}}
	return p
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		old, new backup.Secret
		keys     []string
	}{
		"set":    {"", newCanary, []string{"MessageName", "NewPassword", "TargetIdentifier"}},
		"change": {oldCanary, newCanary, []string{"MessageName", "NewPassword", "OldPassword", "TargetIdentifier"}},
		"remove": {oldCanary, "", []string{"MessageName", "OldPassword", "TargetIdentifier"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got map[string]any
			p := passwordPhone(t, &got, func(d *device) { d.end(0) }).encrypts(c.new != "")
			err := New(testOptions()).ChangePassword(t.Context(), backup.PasswordChange{UDID: testUDID, Old: c.old, New: c.new, Phone: p}, nil)
			if err != nil {
				t.Fatal(err)
			}
			p.wait.Wait()
			var keys []string
			for k := range got {
				keys = append(keys, k)
			}
			slices.Sort(keys)
			if !slices.Equal(keys, c.keys) || got["MessageName"] != "ChangePassword" || got["TargetIdentifier"] != testUDID {
				t.Errorf("the request has %v of %v", keys, c.keys)
			}
			for k, want := range map[string]backup.Secret{"OldPassword": c.old, "NewPassword": c.new} {
				if text, _ := got[k].(string); text != string(want) {
					t.Errorf("%s is not what was given", k)
				}
			}
			if !slices.Contains(p.posts, noteDidStart) || !slices.Contains(p.posts, noteDidFinish) {
				t.Errorf("posted %v", p.posts)
			}
		})
	}
}

func TestChangePasswordRefused(t *testing.T) {
	t.Parallel()
	set := backup.PasswordChange{UDID: testUDID, Old: oldCanary, New: newCanary}
	for name, c := range map[string]struct {
		play func(d *device)
		want cause.ID
	}{
		"wrong password":    {func(d *device) { d.end(207) }, cause.BackupPasswordUnknown},
		"locked":            {func(d *device) { d.end(208) }, cause.PasscodePromptUnanswered},
		"policy":            {func(d *device) { d.end(22) }, cause.EncryptionRequiredByPolicy},
		"internal":          {func(d *device) { d.end(1) }, cause.DeviceInternalError},
		"unheard of":        {func(d *device) { d.end(9999) }, cause.Unknown},
		"says done, is not": {func(d *device) { d.end(0) }, cause.ProtocolError},
		"hangs up":          {func(*device) {}, cause.DeviceDisconnected},
		"says goodbye":      {func(d *device) { d.send("DLMessageDisconnect", newCanary) }, cause.DeviceDisconnected},
		"sends files":       {func(d *device) { d.send("DLMessageUploadFiles", map[string]any{}, 1.0, 1); d.hang() }, cause.ProtocolError},
		"no code":           {func(d *device) { d.end("none") }, cause.ProtocolError},
		"echoes": {func(d *device) {
			if a := d.ask("DLMessage" + newCanary); a.code != codeFailed {
				d.t.Errorf("unknown message: %d", a.code)
			}
			d.send("DLMessageProcessMessage", map[string]any{"MessageName": "Response", "ErrorCode": 207, "ErrorDescription": "not " + oldCanary + " nor " + newCanary})
			d.hang()
		}, cause.BackupPasswordUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got map[string]any
			change := set
			change.Phone = passwordPhone(t, &got, c.play).encrypts(false)
			err := New(testOptions()).ChangePassword(t.Context(), change, nil)
			if id, _ := cause.Of(err); id != c.want {
				t.Errorf("%v is %s, want %s", err, id, c.want)
			}
			text := fmt.Sprintf("%v %#v %v", err, err, cause.From(err).Evidence)
			if strings.Contains(text, "canary") {
				t.Errorf("a password in %s", text)
			}
		})
	}
}

func TestChangePasswordNeedsOne(t *testing.T) {
	t.Parallel()
	if err := New(testOptions()).ChangePassword(t.Context(), backup.PasswordChange{UDID: testUDID}, nil); err == nil {
		t.Error("nothing was asked for, and it was done")
	}
}

// TestPasswordSheet follows the sheet of the phone, and a run that is stopped
// while it is up.
func TestPasswordSheet(t *testing.T) {
	t.Parallel()
	for name, stopped := range map[string]bool{"entered": false, "stopped": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := make(chan struct{})
			var p *testPhone
			var got map[string]any
			p = passwordPhone(t, &got, func(d *device) {
				p.notify(notePresented)
				if stopped {
					d.hang()
					return
				}
				<-seen
				p.notify(noteDismissed)
				d.end(0)
			}).encrypts(true)
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			var phases []backup.Phase
			report := func(s backup.Progress) {
				phases = append(phases, s.Phase)
				if s.Phase != backup.PhasePasscode {
					return
				}
				if stopped {
					cancel(cause.New(cause.DeviceDisconnected, nil, errors.New("pulled")))
					return
				}
				close(seen)
			}
			begun := time.Now()
			err := New(testOptions()).ChangePassword(ctx, backup.PasswordChange{UDID: testUDID, New: newCanary, Phone: p}, report)
			if id, _ := cause.Of(err); stopped && id != cause.DeviceDisconnected || !stopped && err != nil {
				t.Errorf("err = %v", err)
			}
			if !slices.Contains(phases, backup.PhasePasscode) {
				t.Errorf("phases %v", phases)
			}
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("told after %v", took)
			}
		})
	}
}
