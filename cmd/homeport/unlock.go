package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"homeport/backup/mobilesync"
	"homeport/backup/store"
	"homeport/cause"
	"homeport/configs"
)

// lostPassword is told to whoever could not open an encrypted version: what can
// still be tried, and what it costs to set a new password.
const lostPassword = `Each version opens with the password that the iPhone had when it was made; a later
change does not change old versions ("homeport versions list" numbers the passwords).
` + forgotten

// opener opens versions, and remembers the keys: versions with the same key bag
// need the password once.
type opener struct {
	app      *app
	store    *store.Store
	config   configs.Config
	flags    passwordFlags
	remember bool
	keys     map[string]*mobilesync.Keys // by key bag
}

func (a *app) opener(cfg configs.Config, st *store.Store, p passwordFlags, remember bool) *opener {
	return &opener{app: a, store: st, config: cfg, flags: p, remember: remember, keys: map[string]*mobilesync.Keys{}}
}

// open opens a version for reading, with its password when it is encrypted. The
// keys are nil when it is not. The caller closes the folder.
func (o *opener) open(ctx context.Context, v store.Version) (*mobilesync.Folder, *mobilesync.Keys, error) {
	f, err := v.Folder()
	if err != nil {
		return nil, nil, err
	}
	k, err := o.unlock(ctx, v, f)
	if err != nil {
		_ = f.Close()
		return nil, nil, err
	}
	return f, k, nil
}

func (o *opener) unlock(ctx context.Context, v store.Version, f *mobilesync.Folder) (*mobilesync.Keys, error) {
	m, err := f.Manifest()
	if err != nil || !m.IsEncrypted {
		return nil, err
	}
	if k := o.keys[v.KeyBag]; k != nil {
		if err := f.UnlockWith(k); !errors.Is(err, mobilesync.ErrPassword) {
			return k, err
		}
	}
	k, err := o.try(ctx, v, f)
	if err != nil {
		return nil, err
	}
	o.keys[v.KeyBag] = k
	_ = o.store.MarkOpened(v) // a store that cannot be written to can still be read
	return k, nil
}

// try tries passwords until one opens the folder or there are no more.
func (o *opener) try(ctx context.Context, v store.Version, f *mobilesync.Folder) (*mobilesync.Keys, error) {
	wrong := noPassword(v.UDID, errors.New("none was given, none is in the keychain, and nobody is there to be asked"))
	prompt := fmt.Sprintf("the backup password of %s, version %s", nameOfVersion(v), v.ID)
	for password, err := range o.app.passwords(ctx, o.config, v.UDID, prompt, o.flags) {
		if err != nil {
			return nil, o.advise(err)
		}
		k, err := f.Unlock(ctx, password, o.app.unlockProgress())
		if err == nil {
			return k, o.keep(v, password)
		}
		if !errors.Is(err, mobilesync.ErrPassword) {
			return nil, err
		}
		wrong = cause.New(cause.BackupPasswordUnknown, cause.Evidence{"udid": v.UDID, "version": string(v.ID)}, err)
		o.app.note("this password does not open version %s", v.ID)
	}
	return nil, o.advise(wrong)
}

// keep puts a password that was right into the keychain, when that is wanted.
func (o *opener) keep(v store.Version, password string) error {
	if !o.remember || o.flags.noKeychain {
		return nil
	}
	if err := o.app.rememberPassword(v.UDID, password); err != nil {
		o.app.note("%v", err)
	}
	return nil
}

// advise tells what can be done about a password that is not known.
func (o *opener) advise(err error) error {
	if id, _ := cause.Of(err); id == cause.BackupPasswordUnknown && !o.app.json {
		fmt.Fprintln(o.app.stderr, lostPassword)
	}
	return err
}

// note says something besides the result, to whoever reads along.
func (a *app) note(format string, args ...any) {
	if !a.json {
		fmt.Fprintf(a.stderr, "note: %s\n", clean(fmt.Sprintf(format, args...)))
	}
}

// unlockProgress shows how far the derivation is: it takes some seconds.
func (a *app) unlockProgress() func(done, total int) {
	if a.json {
		return nil
	}
	out := newLive(a.stderr)
	var told time.Time
	return func(done, total int) {
		if done >= total {
			out.set("unlock", "")
			return
		}
		if now := time.Now(); now.Sub(told) > 100*time.Millisecond {
			told = now
			out.set("unlock", fmt.Sprintf("unlocking  %d %%", int64(done)*100/int64(total)))
		}
	}
}

// nameOfVersion is the phone as a person knows it.
func nameOfVersion(v store.Version) string {
	if v.Device == "" {
		return v.UDID
	}
	return v.Device
}
