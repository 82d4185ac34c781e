package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"homeport/cause"
	"homeport/preflight"
	"homeport/preflight/computer"
)

// place is a folder that could take the backups.
type place struct {
	dir    string
	drive  string // the folder of the drive, which is there
	volume preflight.Volume
	usual  bool // the usual place of this system
	store  bool // backups of Homeport are in it
	share  bool // it lies on another computer
	notes  []string
	why    string // it is not offered; "" when it is
}

// roomy is how much room lets the usual place come first: most iPhones fit in it
// several times over, as versions share what did not change.
const roomy = 100 << 30

// about tells a person what a place is.
func (p place) about() string {
	var parts []string
	if p.store {
		parts = append(parts, "has backups of Homeport")
	}
	switch {
	case p.share:
		parts = append(parts, "on another computer")
	case p.usual:
		parts = append(parts, "the usual place of this computer")
	case p.volume.Name != "":
		parts = append(parts, "the drive \""+p.volume.Name+"\"")
	}
	if p.volume.FileSystem != "" {
		parts = append(parts, p.volume.FileSystem)
	}
	parts = append(parts, cause.Bytes(p.volume.Free).String()+" free")
	return strings.Join(append(parts, p.notes...), ", ")
}

// folderName is the folder for backups on a drive of its own.
const folderName = "Homeport"

// placePatience is how long a drive may take to answer; one that does not is left out.
const placePatience = 20 * time.Second

// places looks at the usual place and at the drives that are plugged in. The good ones
// come best first; shares of other computers only when there is nothing else.
func (a *app) places(ctx context.Context, usual string) (good, bad []place) {
	ctx, cancel := context.WithTimeout(ctx, placePatience)
	defer cancel()
	facts := computer.Facts()
	list := []place{{dir: usual, drive: nearestFolder(usual), usual: true}}
	for _, drive := range pluggedDrives() {
		d, err := facts.Drive(ctx, drive)
		if err == nil && isDrive(d, drive) {
			list = append(list, place{dir: filepath.Join(drive, folderName), drive: drive, share: d.Kind != ""})
		}
	}
	return rank(examinePlaces(ctx, list, facts))
}

// examinePlaces looks at all places at once.
func examinePlaces(ctx context.Context, list []place, facts preflight.Computer) []place {
	var wg sync.WaitGroup
	for i := range list {
		wg.Go(func() { list[i] = list[i].examined(ctx, facts) })
	}
	wg.Wait()
	return list
}

// isDrive says that a folder is the place of a drive, not an empty folder where one
// could be.
func isDrive(d preflight.Drive, dir string) bool {
	return filepath.Clean(d.Point) == filepath.Clean(dir) && d.Absent == ""
}

// nearestFolder is dir, or the nearest folder above it that is there.
func nearestFolder(dir string) string {
	for {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return dir
		}
		dir = parent
	}
}

// placeChecks are the checks of a drive that matter before there is a folder.
var placeChecks = []string{"destination", "destination-writable", "destination-format", "destination-cloud"}

// examined asks the checks of a destination about the drive: each knows a drive that
// hangs, and that gets no answer in time.
func (p place) examined(ctx context.Context, facts preflight.Computer) place {
	checks := slices.DeleteFunc(preflight.HostChecks(preflight.Host{Destination: p.drive, Computer: facts}), func(c preflight.Check) bool {
		return !slices.Contains(placeChecks, c.Name)
	})
	report := preflight.Run(ctx, checks)
	if f, ok := report.First(); ok && report.Failed() {
		p.why = f.Sentence()
		return p
	}
	for _, f := range report.With(preflight.Warn) {
		p.notes = append(p.notes, f.Sentence())
	}
	volume, err := preflight.HostDisk{}.Volume(p.drive)
	if err != nil {
		p.why = err.Error()
		return p
	}
	p.volume, p.share = volume, p.share || volume.Network
	if _, err := os.Lstat(filepath.Join(p.dir, ".homeport")); err == nil {
		p.store = true
	}
	if info, err := os.Stat(p.dir); err == nil && !info.IsDir() {
		p.why = "a file of that name is there"
	}
	return p
}

// rank puts the good places first, best first.
func rank(list []place) (good, bad []place) {
	for _, p := range list {
		if p.why == "" {
			good = append(good, p)
		} else {
			bad = append(bad, p)
		}
	}
	if slices.ContainsFunc(good, func(p place) bool { return !p.share }) {
		good = slices.DeleteFunc(good, func(p place) bool { return p.share && !p.store })
	}
	slices.SortStableFunc(good, func(a, b place) int {
		return cmp.Or(yesFirst(a.store, b.store), yesFirst(!a.share, !b.share), cmp.Compare(len(a.notes), len(b.notes)),
			yesFirst(a.usual && a.volume.Free >= roomy, b.usual && b.volume.Free >= roomy), cmp.Compare(b.worth(), a.worth()))
	})
	return good, bad
}

// worth is the room of a place; the usual one's counts twice, since it is always there.
func (p place) worth() int64 {
	if p.usual {
		return 2 * p.volume.Free
	}
	return p.volume.Free
}

func yesFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// globFolders are the folders that fit any of the patterns, without following what is
// mounted there.
func globFolders(patterns ...string) []string {
	var list []string
	for _, pattern := range patterns {
		found, err := filepath.Glob(pattern)
		if err != nil {
			panic(fmt.Sprintf("pattern %q: %v", pattern, err))
		}
		list = append(list, found...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}
