package agent

import (
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"homeport/cause"
	"homeport/simulator"
)

// cutPoints is how many cuts a run of TestCuts makes. HOMEPORT_CUTS sets another
// number; the full round has 1,000.
const cutPoints = 45

// toldLimit is how long after a cut the failure must be told.
const toldLimit = 5 * time.Second

// shares say which part of the cuts each channel gets. Most of a backup is on
// the backup channel; the others have few bytes, each of which matters.
var shares = []struct {
	channel simulator.Channel
	percent int
}{
	{simulator.ChannelLockdown, 22},
	{simulator.ChannelNotify, 8},
	{simulator.ChannelAFC, 10},
	{simulator.ChannelBackup, 60},
}

var cutKinds = []simulator.CutKind{simulator.FIN, simulator.RST, simulator.Detached}

// cut is one point: the middle of the nth of so many equal parts of the bytes of
// a channel.
type cut struct {
	channel simulator.Channel
	kind    simulator.CutKind
	nth, of int
}

// planCuts spreads n cuts over the channels, in thirds of the kinds.
func planCuts(n int) []cut {
	var plan []cut
	for i, share := range shares {
		of := max(n*share.percent/100, len(cutKinds))
		if i == len(shares)-1 {
			of = n - len(plan)
		}
		for k := range of {
			plan = append(plan, cut{share.channel, cutKinds[k%len(cutKinds)], k, of})
		}
	}
	return plan
}

// TestCuts cuts the link at points all over the bytes of a backup, on every
// channel. Each time the run must end soon with an honest cause, what was
// published before must be untouched, and the next run must bring a version that
// is whole.
func TestCuts(t *testing.T) {
	t.Parallel()
	sum := playCuts(t, cutPoints, 12, func(t *testing.T, sum *tally) func(*testing.T, cut) { return newLane(t, sum).play })
	if sum.fired < sum.points*95/100 {
		t.Errorf("only %d of %d cuts happened", sum.fired, sum.points)
	}
}

// playCuts makes n cuts, or what HOMEPORT_CUTS says, or few in short mode, in two
// lanes side by side; each lane is told how to make one.
func playCuts(t *testing.T, n, few int, lane func(*testing.T, *tally) func(*testing.T, cut)) *tally {
	t.Helper()
	if s := os.Getenv("HOMEPORT_CUTS"); s != "" {
		var err error
		n, err = strconv.Atoi(s)
		must(t, err)
	}
	if testing.Short() {
		n = few
	}
	plan, lanes := planCuts(n), 2
	sum := &tally{causes: map[string]int{}}
	t.Run("lanes", func(t *testing.T) {
		for first := range lanes {
			t.Run(strconv.Itoa(first), func(t *testing.T) {
				t.Parallel()
				play := lane(t, sum)
				for i := first; i < len(plan) && !t.Failed(); i += lanes {
					play(t, plan[i])
				}
			})
		}
	})
	t.Log(sum)
	return sum
}

// tally adds up what the cuts showed.
type tally struct {
	mu                       sync.Mutex
	points, fired, recovered int
	whole                    int // cut, and yet a whole backup: the channel was needed no more, or was opened again
	slowest, slowestReturn   time.Duration
	causes                   map[string]int
}

func (s *tally) String() string {
	text := fmt.Sprintf("%d cut points, %d fired, %d of these survived; slowest failure told %d ms after the cut, slowest return %d ms; next runs succeeded %d",
		s.points, s.fired, s.whole, s.slowest.Milliseconds(), s.slowestReturn.Milliseconds(), s.recovered)
	for _, id := range slices.Sorted(maps.Keys(s.causes)) {
		text += fmt.Sprintf("\n  %5d %s", s.causes[id], id)
	}
	return text
}

// lane is one phone with its store, which takes one cut after another.
type lane struct {
	*world
	sum   *tally
	bytes map[simulator.Channel]int64 // of a run without faults
}

// newLane makes the earlier version and learns how many bytes a run has.
func newLane(t *testing.T, sum *tally) *lane {
	spec := quick(udidAnna)
	spec.Files, spec.Bytes, spec.Unplugged = 520, 1<<20, false
	l := &lane{world: newWorld(t, spec), sum: sum, bytes: map[simulator.Channel]int64{}}
	for range 2 { // the first is the base, the second is measured
		before := l.traffic()
		l.change()
		if o := l.backup(t, Request{}); o.Err != nil {
			t.Fatal(o.Err)
		}
		for c, n := range l.traffic() {
			l.bytes[c] = n - before[c]
		}
	}
	if files := l.prove(t, udidAnna).Files; files < 500 {
		t.Fatalf("the phone has %d files only", files)
	}
	return l
}

func (l *lane) traffic() map[simulator.Channel]int64 {
	m := map[simulator.Channel]int64{}
	for _, share := range shares {
		m[share.channel] = l.phone.Traffic(share.channel).Total()
	}
	return m
}

// change is a day in the life of the phone.
func (l *lane) change() {
	l.phone.Modify(40)
	l.phone.Add(8)
	l.phone.Delete(8)
}

// play makes one cut and the run after it.
func (l *lane) play(t *testing.T, c cut) {
	at := l.bytes[c.channel] * int64(2*c.nth+1) / int64(2*c.of)
	name := fmt.Sprintf("%s on %s at %d of %d bytes", c.kind, c.channel, at, l.bytes[c.channel])
	published := l.versions(t, udidAnna)[0]
	before := fingerprint(t, published.Path)
	l.change()
	finished := l.phone.Counts().Backups
	fault := l.phone.Play(simulator.CutAfter{Channel: c.channel, Bytes: at, Kind: c.kind})[0]
	fired, over := make(chan time.Time, 1), make(chan struct{})
	go func() {
		select {
		case <-fault.Done():
			fired <- time.Now()
		case <-over:
		}
	}()
	o := l.backup(t, Request{})
	returned := time.Now()
	happened := fault.Fired()
	fault.Cancel()
	if !happened {
		close(over)
	}
	l.sum.mu.Lock()
	l.sum.points++
	l.sum.mu.Unlock()
	if happened {
		l.judge(t, name, c, o, <-fired, returned, l.phone.Counts().Backups > finished)
	} else if o.Err != nil {
		t.Errorf("%s: not cut, and yet: %v", name, o.Err)
	}
	if !maps.Equal(before, fingerprint(t, published.Path)) {
		t.Errorf("%s: version %s is not what it was", name, published.ID)
	}
	l.goOn(t, name)
}

// honest says which causes say what a cut is: a phone that usbmuxd still lists
// was not unplugged.
func honest(k simulator.CutKind) []cause.ID {
	if k == simulator.Detached {
		return []cause.ID{cause.DeviceDisconnected}
	}
	return []cause.ID{cause.DeviceBackupAgentCrashed, cause.MuxConnectFailed}
}

// judge looks at a run whose cut happened. finished says that the phone had ended
// the backup well by then.
func (l *lane) judge(t *testing.T, name string, c cut, o Outcome, fired, returned time.Time, finished bool) {
	l.sum.mu.Lock()
	defer l.sum.mu.Unlock()
	l.sum.fired++
	if o.Err == nil {
		l.sum.whole++
		if !finished || o.Result == nil {
			t.Errorf("%s: told as a success, but the phone never finished", name)
		}
		l.prove(t, udidAnna)
		return
	}
	told := l.diary.all(Failed)
	last := told[len(told)-1]
	id, _ := cause.Of(o.Err)
	l.sum.causes[fmt.Sprintf("%s, %s: %s", c.channel, c.kind, id)]++
	if !slices.Contains(honest(c.kind), id) || last.Cause != id {
		t.Errorf("%s: %v", name, o.Err)
	}
	l.sum.slowest = max(l.sum.slowest, last.Time.Sub(fired))
	l.sum.slowestReturn = max(l.sum.slowestReturn, returned.Sub(fired))
	if d := last.Time.Sub(fired); d > toldLimit {
		t.Errorf("%s: told after %v", name, d)
	}
}

// goOn plugs the phone in again, if it is not, and makes the next backup.
func (l *lane) goOn(t *testing.T, name string) {
	l.phone.Attach()
	if o := l.backup(t, Request{}); o.Err != nil {
		t.Fatalf("the run after %s: %v", name, o.Err)
	}
	l.prove(t, udidAnna)
	l.sum.mu.Lock()
	l.sum.recovered++
	l.sum.mu.Unlock()
}

// print is what must stay the same in a published file.
type print struct {
	sum   [32]byte
	inode uint64
	mtime int64
}

// fingerprint reads a whole version: every file's bytes, identity and date.
func fingerprint(t testing.TB, dir string) map[string]print {
	t.Helper()
	all := map[string]print{}
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		h := sha256.New()
		if _, err := io.Copy(h, f); err != nil {
			return err
		}
		all[strings.TrimPrefix(path, dir)] = print{[32]byte(h.Sum(nil)), inode(info), info.ModTime().UnixNano()}
		return nil
	}))
	return all
}

// TestResumeCostsLittle cuts a first backup at nine tenths of its bytes, and
// counts what the phone sends a second time: everything on the backup channel
// beyond what an uninterrupted run takes.
func TestResumeCostsLittle(t *testing.T) {
	t.Parallel()
	spec := quick(udidAnna)
	spec.Files, spec.Bytes, spec.Unplugged, spec.Profile = 600, 12<<20, false, "phone"
	rehearsal := newWorld(t, spec)
	if o := rehearsal.backup(t, Request{}); o.Err != nil {
		t.Fatal(o.Err)
	}
	whole := rehearsal.phone.Traffic(simulator.ChannelBackup)

	w := newWorld(t, spec)
	w.phone.Play(simulator.CutAfter{Channel: simulator.ChannelBackup, Bytes: whole.Total() * 9 / 10, Kind: simulator.Detached})
	if id, _ := cause.Of(w.backup(t, Request{}).Err); id != cause.DeviceDisconnected {
		t.Fatalf("the cut was told as %q", id)
	}
	w.phone.Attach()
	if o := w.backup(t, Request{}); o.Err != nil {
		t.Fatal(o.Err)
	}
	w.prove(t, udidAnna)
	again := 100 * float64(w.phone.Traffic(simulator.ChannelBackup).Out-whole.Out) / float64(spec.Bytes)
	t.Logf("cut at 90 %% of a first run: %.1f %% of its %d body bytes were sent again, manifests and messages included", again, spec.Bytes)
	if again >= 15 {
		t.Errorf("%.1f %% of the bytes were sent again, want under 15 %%", again)
	}
}
