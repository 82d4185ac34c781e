package main

import (
	"fmt"
	"strings"
	"time"

	"homeport/agent"
	"homeport/backup/photos"
	"homeport/cause"
)

// photosReport is what the verb prints as JSON.
type photosReport struct {
	Phone  *agent.Phone   `json:"phone,omitempty"`
	Result *photosResult  `json:"result,omitempty"`
	Error  *agent.Failure `json:"error,omitempty"`
}

// photosResult is what was copied. Numbers count files: a Live Photo has two.
type photosResult struct {
	New          int           `json:"new"`     // never copied before
	Changed      int           `json:"changed"` // on the phone; copied beside the earlier ones
	Again        int           `json:"again"`   // had been copied, and were no longer in the folder
	Here         int           `json:"here"`    // in the folder already
	Bytes        int64         `json:"bytes"`   // of the files that were copied
	OnlyInICloud *int          `json:"onlyInICloud,omitempty"`
	LeftOut      int           `json:"leftOut"`
	Left         []photos.Left `json:"left,omitempty"`
	BadLines     int           `json:"badLines,omitempty"` // of the record of earlier copies, which could not be read
	Seconds      float64       `json:"seconds"`
	Path         string        `json:"path"`
	Sums         string        `json:"sums"`
}

// report is what is known now; err may be nil.
func (r *photoRun) report(err error) photosReport {
	p := photosReport{Phone: &r.phone}
	if err != nil {
		p.Error = failureOf(err)
	}
	got := r.result
	if got.Copied()+got.Here+got.LeftOut > 0 || err == nil {
		p.Result = &photosResult{
			New: got.New, Changed: got.Changed, Again: got.Again, Here: got.Here, Bytes: got.Bytes, LeftOut: got.LeftOut, Left: got.Left, BadLines: got.BadLines,
			Seconds: time.Since(r.begun).Seconds(), Path: r.dir, Sums: photos.SumsFile(r.phone.UDID),
		}
	}
	if p.Result != nil && r.cloud.Known {
		p.Result.OnlyInICloud = &r.cloud.OnlyInCloud
	}
	return p
}

// photoTeller prints what a copy does: for a person as it goes, for a program at
// the end.
type photoTeller struct {
	app    *app
	live   *live
	label  string
	copies time.Time // when the first byte came
	shown  time.Time
}

func newPhotoTeller(a *app, p agent.Phone) *photoTeller {
	return &photoTeller{app: a, live: newLive(a.stdout), label: clean(p.Label()), shown: time.Now()}
}

// say prints one line for the person at the phone.
func (t *photoTeller) say(words string) {
	if !t.app.json {
		t.live.print(t.label + ": " + words)
	}
}

// How often the live line changes, and how often a line is printed where there is
// none.
const (
	often  = 200 * time.Millisecond
	seldom = 30 * time.Second
)

// progress shows how far it is.
func (t *photoTeller) progress(p photos.Progress) {
	now := time.Now()
	if p.Step == photos.Copying && t.copies.IsZero() {
		t.copies = now
	}
	every := often
	if !t.live.terminal() {
		every = seldom
	}
	if t.app.json || now.Sub(t.shown) < every {
		return
	}
	t.shown = now
	words := fmt.Sprintf("looking at what is there   %s", count64(int64(p.Files), "file", "files"))
	if p.Step == photos.Copying {
		words = copyWords(p, now.Sub(t.copies))
	}
	if t.live.terminal() {
		t.live.set("photos", t.label+": "+words)
		return
	}
	t.live.print(t.label + ": " + words)
}

// copyWords words progress, after copying for some time.
func copyWords(p photos.Progress, took time.Duration) string {
	s := fmt.Sprintf("copying %s of %s", thousands(int64(p.Files)), count64(int64(p.OfFiles), "file", "files"))
	if p.OfBytes > 0 {
		s = fmt.Sprintf("%3.0f %%   %s   %s", 100*float64(p.Bytes)/float64(p.OfBytes), s, cause.Bytes(p.Bytes))
	}
	if took < 2*time.Second || p.Bytes == 0 {
		return s
	}
	speed := float64(p.Bytes) / took.Seconds()
	return s + fmt.Sprintf("   %s/s   about %s left", cause.Bytes(speed), roughly(float64(max(0, p.OfBytes-p.Bytes))/speed))
}

// asking shows that the phone's database is read.
func (t *photoTeller) asking() {
	if !t.app.json {
		t.live.set("photos", t.label+": asking which originals are only in iCloud")
	}
}

// still takes the live line away.
func (t *photoTeller) still() { t.live.set("photos", "") }

// done tells a run that worked.
func (t *photoTeller) done(p photosReport) {
	if t.app.json {
		t.app.printJSON(p)
		return
	}
	r := p.Result
	t.live.print(t.label + ": " + copiedWords(r) + cloudWords(r))
	if r.New+r.Changed+r.Again+r.Here > 0 {
		t.live.print("  in " + clean(r.Path) + "; sha256sum -c " + r.Sums + " checks every file there")
	}
	t.left(r)
}

// failed tells what a run that failed copied before. The error itself is told
// behind it.
func (t *photoTeller) failed(p photosReport) {
	if t.app.json {
		t.app.printJSON(p)
		return
	}
	if p.Result == nil {
		return
	}
	words := copiedWords(p.Result) + "; that is kept, and the next run goes on from there"
	if p.Result.OnlyInICloud != nil {
		words += cloudWords(p.Result)
	}
	t.live.print(t.label + ": " + words)
	t.left(p.Result)
}

// copiedWords is the one line that people read.
func copiedWords(r *photosResult) string {
	parts := []string{thousands(int64(r.New)) + " new"}
	if r.Changed > 0 {
		parts = append(parts, thousands(int64(r.Changed))+" changed")
	}
	if r.Again > 0 {
		parts = append(parts, thousands(int64(r.Again))+" copied again")
	}
	parts = append(parts, thousands(int64(r.Here))+" already here", cause.Bytes(r.Bytes).String())
	return strings.Join(parts, ", ")
}

func cloudWords(r *photosResult) string {
	switch n := r.OnlyInICloud; {
	case n == nil:
		return "; how many originals are only in iCloud, the iPhone does not tell"
	case *n == 0:
		return "; no original is only in iCloud"
	default:
		return "; " + count64(int64(*n), "original is", "originals are") + " only in iCloud (homeport explain " + string(cause.PhotosOptimised) + ")"
	}
}

// mostLeft is how many files that were left out a person is told by name.
const mostLeft = 10

func (t *photoTeller) left(r *photosResult) {
	if r.BadLines > 0 {
		t.live.print("  note: " + count64(int64(r.BadLines), "line", "lines") + " of the record of earlier copies could not be read; what it stood for was compared again")
	}
	if r.LeftOut == 0 {
		return
	}
	t.live.print("  left out: " + count64(int64(r.LeftOut), "file", "files"))
	for _, l := range r.Left[:min(len(r.Left), mostLeft)] {
		t.live.print("    " + clean(l.Path) + "   " + leftWords[l.Reason])
	}
	if more := r.LeftOut - mostLeft; more > 0 {
		t.live.print(fmt.Sprintf("    and %s more", thousands(int64(more))))
	}
}

var leftWords = map[photos.Reason]string{
	photos.OddName:   "a name that cannot be used",
	photos.TooDeep:   "too many folders inside one another",
	photos.NotAFile:  "a link or another thing that holds no photo",
	photos.Refused:   "the iPhone did not give it",
	photos.LengthLie: "it kept changing while it was read",
	photos.TooLarge:  "this drive cannot hold so large a file",
}
