package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"homeport/backup/mobilesync"
	"homeport/backup/store"
	"homeport/cause"
	"homeport/usbmux"
)

// mostFolders bounds how many entries of a folder are looked at for backups.
const mostFolders = 10_000

// foundBackup is a backup of another program, and why it cannot be imported, if so.
type foundBackup struct {
	store.Source
	Problem *cause.Error
}

// findBackups looks for backups of other programs: in folder, which is one or holds
// some, or in the usual places when folder is "". look is told which one it looks at:
// that can take some seconds.
func findBackups(ctx context.Context, folder, dest string, look func(dir string)) ([]foundBackup, []string, error) {
	if folder != "" {
		if looksLikeBackup(folder) {
			found, err := examineAll(ctx, []string{folder}, look)
			return found, []string{folder}, err
		}
		inside, err := backupsIn(folder)
		if err != nil {
			return nil, nil, err
		}
		if len(inside) == 0 {
			inside = []string{folder} // examining it says what is wrong with it
		}
		found, err := examineAll(ctx, inside, look)
		return found, []string{folder}, err
	}
	places := []string{dest}
	if home, err := os.UserHomeDir(); err == nil {
		places = append(applePlaces(home), dest)
	}
	var all []string
	for _, p := range places {
		inside, err := backupsIn(p)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, places, err
		}
		all = append(all, inside...)
	}
	found, err := examineAll(ctx, all, look)
	return found, places, err
}

// backupsIn lists the folders of a place that are backups. Links, which are ours or lead
// elsewhere, are none.
func backupsIn(place string) ([]string, error) {
	f, err := os.Open(place)
	if err != nil {
		return nil, unreadable(place, err)
	}
	defer f.Close()
	entries, err := f.ReadDir(mostFolders)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, unreadable(place, err)
	}
	var inside []string
	for _, e := range entries {
		if path := filepath.Join(place, e.Name()); e.IsDir() && looksLikeBackup(path) {
			inside = append(inside, path)
		}
	}
	slices.Sort(inside)
	return inside, nil
}

// looksLikeBackup says whether a folder has one of the files that every backup has.
func looksLikeBackup(dir string) bool {
	for _, name := range []string{mobilesync.ManifestFile, mobilesync.StatusFile, mobilesync.DatabaseFile, mobilesync.InfoFile} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}

func examineAll(ctx context.Context, folders []string, look func(dir string)) ([]foundBackup, error) {
	var found []foundBackup
	for _, dir := range folders {
		look(dir)
		src, err := store.Examine(ctx, dir, nil)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		src.Device = clip(src.Device, mostName)
		b := foundBackup{Source: src}
		if err != nil {
			b.Problem = cause.From(err)
		}
		found = append(found, b)
	}
	return found, nil
}

// fits reports whether name means the phone of this backup.
func (b foundBackup) fits(name string) bool {
	part := usbmux.CanonicalUDID(name)
	return part != "" && strings.Contains(usbmux.CanonicalUDID(b.UDID), part) || b.Device != "" && sameName(b.Device, name)
}

// label names a backup for a person.
func (b foundBackup) label() string {
	if b.Device == "" {
		return b.Path
	}
	return b.Device + " (" + b.Path + ")"
}

// chooseBackup picks the one backup that is meant.
func chooseBackup(found []foundBackup, phone string, places []string) (foundBackup, error) {
	fitting := found
	if phone != "" {
		fitting = slices.DeleteFunc(slices.Clone(found), func(b foundBackup) bool { return !b.fits(phone) })
	}
	var labels []string
	for _, b := range found {
		labels = append(labels, b.label())
	}
	switch {
	case len(fitting) == 1:
		return fitting[0], nil
	case len(fitting) == 0 && phone != "":
		return foundBackup{}, cause.New(cause.NoSuchPhone, cause.Evidence{"name": phone, "phones": labels},
			fmt.Errorf("find backup of %q: none in %s", phone, strings.Join(places, ", ")))
	}
	labels = nil
	for _, b := range fitting {
		labels = append(labels, b.label())
	}
	return foundBackup{}, advised{
		usageError{fmt.Errorf("there are %d backups in it, and one at a time is imported: %s", len(fitting), strings.Join(labels, ", "))},
		"name its phone behind the folder, or the folder of the backup itself",
	}
}
