package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"homeport/backup/mobilesync"
	"homeport/backup/store"
	"homeport/cause"
	"homeport/configs"
)

// pickOptions say which files of which version a verb means.
type pickOptions struct {
	dest       string
	domains    []string
	groups     []string
	damagedToo bool
	password   passwordFlags
	remember   bool
}

// pickHelp tells how files are named; the verbs that pick some share it.
const pickHelp = `Without a VERSION it is the newest sound one; without a PHONE, that of the only
phone that there are versions of. No phone has to be plugged in.

A PATH begins with its domain, "HomeDomain/Library/SMS", unless --domain names one;
a folder means all that is in it. The wildcards * ? [ ] may be used; a pattern without
a slash is compared with the last part of a name: "*.HEIC". Groups are photos,
messages, contacts, calendar, notes, voice-memos, calls, voicemail, safari, health,
books, and app:BUNDLE-ID.

An encrypted version needs the password that the phone had when it was made: from the
flags, password_command, the keychain, or typed.`

func addPickFlags(cmd *cobra.Command, o *pickOptions) {
	flags := cmd.Flags()
	flags.StringVar(&o.dest, "dest", "", "look in `DIR` (default: as configured)")
	flags.StringArrayVar(&o.domains, "domain", nil, "only files of this `DOMAIN`; may be given more than once")
	flags.StringArrayVar(&o.groups, "group", nil, "only files of this `GROUP`; may be given more than once")
	flags.BoolVar(&o.damagedToo, "damaged-too", false, "use a version that is known to be damaged, and take what there is of damaged files")
	addPasswordFlags(cmd, &o.password)
	addRemember(cmd, &o.remember)
}

// picked is an open version and what was picked in it.
type picked struct {
	config  configs.Config
	store   *store.Store
	version store.Version
	folder  *mobilesync.Folder
	files   mobilesync.Selection
}

func (p *picked) close() {
	if p.folder != nil {
		_ = p.folder.Close()
	}
	_ = p.store.Close()
}

// pick finds and opens what the arguments and options mean. The caller closes it.
func (a *app) pick(ctx context.Context, o pickOptions, args []string) (*picked, error) {
	which, paths := splitArgs(args)
	files, err := o.selection(paths)
	if err != nil {
		return nil, usageError{err}
	}
	cfg, st, err := a.openStoreAt(o.dest)
	if err != nil {
		return nil, err
	}
	p := &picked{config: cfg, store: st, files: files}
	if err := a.openPicked(ctx, p, o, which); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (a *app) openPicked(ctx context.Context, p *picked, o pickOptions, which []string) (err error) {
	if p.version, err = oneVersion(ctx, p.store, which); err != nil {
		return err
	}
	if !p.version.Sound() {
		a.note("version %s: %s", p.version.ID, p.version.Damage)
		if !o.damagedToo {
			return cause.New(cause.VersionDamaged, cause.Evidence{"version": string(p.version.ID), "reason": p.version.Damage},
				fmt.Errorf("open version %s: it is damaged: %s; --damaged-too takes what can be read", p.version.ID, p.version.Damage))
		}
	}
	p.folder, _, err = a.opener(p.config, p.store, o.password, o.remember).open(ctx, p.version)
	if _, damaged := errors.AsType[*mobilesync.FileError](err); damaged {
		return cause.New(cause.VersionDamaged, cause.Evidence{"version": string(p.version.ID), "reason": err.Error()}, err)
	}
	return err
}

// splitArgs parts [PHONE] [VERSION] from [PATH...]. What has a slash or a wildcard,
// or is called as a domain, is no phone.
func splitArgs(args []string) (which, paths []string) {
	for i, arg := range args {
		isVersion := versionForm.MatchString(arg) && !hasVersion(args[:i])
		isPhone := i == 0 && !looksLikePath(arg) || i == 1 && hasVersion(args[:1]) && !looksLikePath(arg)
		if !isVersion && !isPhone || i > 1 {
			return args[:i], args[i:]
		}
	}
	return args, nil
}

func looksLikePath(s string) bool {
	return strings.ContainsAny(s, "/*?[") || strings.HasSuffix(s, "Domain") || strings.Contains(s, "Domain-") ||
		strings.Contains(s, "DomainGroup-") || strings.Contains(s, "DomainPlugin-")
}

func (o pickOptions) selection(paths []string) (mobilesync.Selection, error) {
	s := mobilesync.Selection{Domains: o.domains, Paths: paths}
	for _, name := range o.groups {
		g, err := mobilesync.ParseGroup(name)
		if err != nil {
			return s, err
		}
		s.Groups = append(s.Groups, g)
	}
	return s, s.Check()
}

// everything says that nothing was picked in particular.
func (p *picked) everything() bool {
	return len(p.files.Domains)+len(p.files.Groups)+len(p.files.Paths) == 0
}
