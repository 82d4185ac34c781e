package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"homeport/agent"
	"homeport/backup/store"
	"homeport/cause"
	"homeport/configs"
	"homeport/usbmux"
)

// absent is a phone that was named, is not plugged in, and has versions here.
type absent struct {
	name     string
	phone    agent.Phone
	newest   *store.Version // the newest sound one
	versions int
}

// findAbsent looks for name among the versions in all destinations; nil means that
// nothing is known of such a phone, or that it could be more than one.
func findAbsent(ctx context.Context, cfg configs.Config, name string) *absent {
	if name == "" {
		return nil
	}
	var list []store.Version
	for _, dest := range destinationsOf(cfg) {
		if st, err := store.Open(dest, store.Options{ReadOnly: true}); err == nil {
			found, _ := versionsOf(ctx, st, name) // what cannot be read, the checks tell
			list = append(list, found...)
			_ = st.Close()
		}
	}
	if len(list) == 0 {
		return nil
	}
	p := &absent{name: name, versions: len(list), phone: agent.Phone{UDID: list[0].UDID, Name: list[0].Device}}
	for i, v := range list {
		if !usbmux.SameUDID(v.UDID, p.phone.UDID) {
			return nil
		}
		if v.Sound() && (p.newest == nil || v.Finished.After(p.newest.Finished)) {
			p.newest = &list[i]
		}
	}
	return p
}

// destinationsOf lists every folder that takes backups.
func destinationsOf(cfg configs.Config) []string {
	list := []string{cfg.Destination}
	for _, p := range cfg.Phones {
		if d := cfg.For(p.UDID).Destination; !slices.Contains(list, d) {
			list = append(list, d)
		}
	}
	return list
}

// udid is the phone's, or "" for nobody.
func (p *absent) udid() string {
	if p == nil {
		return ""
	}
	return p.phone.UDID
}

// err says that it is not here.
func (p *absent) err() error {
	return cause.New(cause.NoSuchPhone, cause.Evidence{"name": p.name}, fmt.Errorf("find phone %q: not plugged in", p.name))
}

// print tells what is known of it.
func (p *absent) print(out *page, now time.Time) {
	out.say(p.phone.Label() + " is not plugged in. What is known of it:")
	out.row("", "UDID", p.phone.UDID)
	out.row("", "last backup", newestWords(p.newest, now))
	out.row("", "kept", count(p.versions, "version", "versions"))
}
