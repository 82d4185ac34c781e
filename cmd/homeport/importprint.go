package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"homeport/agent"
	"homeport/backup/store"
	"homeport/cause"
)

// foundJSON is a foundBackup in JSON.
type foundJSON struct {
	store.Source
	Error *agent.Failure `json:"error,omitempty"`
}

// printFound lists the backups of other programs, and says how one is imported.
func (a *app) printFound(found []foundBackup, places []string, dest string) {
	if a.json {
		list := []foundJSON{}
		for _, b := range found {
			j := foundJSON{Source: b.Source}
			if b.Problem != nil {
				j.Error = a.failureOf(b.Problem)
			}
			list = append(list, j)
		}
		a.printJSON(map[string]any{"folders": list, "places": places})
		return
	}
	if len(found) == 0 {
		a.printf("no backups of other programs in %s\n", strings.Join(places, ", "))
		a.printf("if there is one elsewhere: homeport versions import FOLDER\n")
		return
	}
	a.printf("%-24s %-16s %-8s %10s  %s\n", "PHONE", "BACKED UP", "IOS", "SIZE", "STATE")
	for _, b := range found {
		a.printf("%s %-16s %-8s %10s  %s\n    %s\n", pad(cut(clean(orDash(b.Device)), 24), 24), day(b.Date), cut(clean(orDash(b.IOS)), 8),
			cause.Bytes(b.Bytes), foundState(b), clean(b.Path))
	}
	good := slices.IndexFunc(found, func(b foundBackup) bool { return b.Problem == nil })
	if good < 0 {
		return
	}
	if dest != "" {
		dest = " --dest " + quoted(dest)
	}
	a.printf("\nto import one of them: homeport versions import %s%s\n", quoted(found[good].Path), dest)
}

func foundState(b foundBackup) string {
	switch {
	case b.Problem != nil:
		return "cannot be imported: " + clean(whyNot(b.Problem))
	case b.Encrypted:
		return "encrypted"
	}
	return "not encrypted"
}

// whyNot words a problem behind "cannot be imported".
func whyNot(e *cause.Error) string {
	if reason, ok := e.Evidence["reason"].(string); ok && e.ID == cause.ImportRefused {
		return reason
	}
	return e.Sentence()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func day(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04")
}

// quoted is a path as every shell takes it, or what to put there when it has
// characters that one of them would act upon.
func quoted(path string) string {
	special := "$`\"!%*?"
	if filepath.Separator == '/' {
		special += `\`
	}
	if strings.ContainsAny(path, special) || clean(path) != path {
		return "FOLDER"
	}
	return `"` + path + `"`
}

// copying words how far a copy is.
func copying(done, total int64, took time.Duration) string {
	line := fmt.Sprintf("copying    %d %%   %s of %s", done*100/max(total, 1), cause.Bytes(done), cause.Bytes(total))
	if done == 0 || took < 3*time.Second {
		return line
	}
	speed := float64(done) / took.Seconds()
	return line + fmt.Sprintf("   %s/s   about %s left", cause.Bytes(speed), roughly(float64(max(0, total-done))/speed))
}

// printPlan tells what an import would do.
func (a *app) printPlan(p importPlan) {
	if a.json {
		a.printJSON(map[string]any{"dryRun": true, "source": p.Source, "destination": p.Destination, "free": p.Free, "newest": p.Newest})
		return
	}
	a.printf("would import %s of %s\n", clean(p.Source.Path), clean(orDash(p.Source.Device)))
	a.printf("  made       %s%s\n", day(p.Source.Date), by(p.Source.Program))
	a.printf("  size       %s, %s; as much room is needed in %s if its disk cannot clone files", count64(int64(p.Source.Files), "file", "files"),
		cause.Bytes(p.Source.Bytes), clean(p.Destination))
	if p.Free > 0 {
		a.printf(" (free: %s)", cause.Bytes(p.Free))
	}
	a.printf("\n  place      %s\n", placeWords(p.Newest, p.Source.Proven, p.Source.Encrypted))
	a.printf("nothing was done\n")
}

func by(program string) string {
	if program == "" {
		return ""
	}
	return ", by " + clean(program)
}

// placeWords says what an imported version is for the next backup.
func placeWords(newest, proven, encrypted bool) string {
	switch {
	case !newest:
		return "older than the newest version, which the next backup builds on as before"
	case proven:
		return "the newest version; the next backup builds on it"
	case encrypted:
		return "the newest version; the next backup does not build on it, since without its password nobody can say whether it is complete"
	}
	return "the newest version; the next backup does not build on it, since some of its files are not as its list says"
}

// printImported tells how an import went.
func (a *app) printImported(got store.Imported, took time.Duration) {
	v, src := got.Version, got.Source
	if a.json {
		list := []store.Version{v}
		notes := make([]*agent.Failure, 0, len(v.Notes))
		for _, n := range v.Notes {
			notes = append(notes, agent.NewFailure(n))
		}
		a.printJSON(map[string]any{"versions": list, "source": src, "already": got.Already, "way": got.Way, "seconds": took.Seconds(), "notes": notes})
		return
	}
	if got.Already {
		a.printf("this backup is here already, as version %s\n", v.ID)
		a.printOld(src, v)
		return
	}
	a.printf("imported   version %s of %s: %s, %s, %s, in %s\n", v.ID, clean(nameOfVersion(v)),
		count64(int64(v.Files), "file", "files"), cause.Bytes(v.Bytes), wayWords(got.Way), cause.Seconds(took.Seconds()))
	a.printf("made       %s%s\n", madeWhen(v), by(src.Program))
	a.printf("place      %s\n", placeWords(v.Latest, v.Imported.Proven, v.Encrypted))
	a.printf("kept       it is pinned: it stays until you type: homeport versions unpin %s\n", v.ID)
	for _, n := range v.Notes {
		a.printNote(n, src)
	}
	if v.Encrypted && !v.Imported.Proven {
		a.printf("to check   with its password, whether it is complete: homeport versions verify --level unlock %s\n", v.ID)
	}
	a.printOld(src, v)
}

func madeWhen(v store.Version) string {
	if v.Imported != nil && v.Imported.Undated {
		return "at a time that the folder does not tell"
	}
	return day(v.Finished)
}

func wayWords(way string) string {
	if way == "copy" {
		return "copied"
	}
	return "cloned"
}

// printNote words what was odd.
func (a *app) printNote(n *cause.Error, src store.Source) {
	if n.ID == cause.DestinationForeign {
		a.printf("note       the folder stays where it is; when you move it away, the next run puts a link to the newest version there\n")
		return
	}
	a.printf("note       %s   (%s)\n", clean(n.Sentence()), n.ID)
}

// printOld says what can become of the folder.
func (a *app) printOld(src store.Source, v store.Version) {
	a.printf("old folder %s (%s) was not changed; ", clean(src.Path), cause.Bytes(src.Bytes))
	if v.Encrypted && v.Imported != nil && !v.Imported.Proven {
		a.printf("keep it until the version was checked with its password\n")
		return
	}
	a.printf("Homeport does not need it any more, you can remove it when you like\n")
}
