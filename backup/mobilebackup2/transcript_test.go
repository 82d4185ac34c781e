package mobilebackup2

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"homeport/backup"
	"homeport/simulator"
	"homeport/simulator/backupagent"
)

// TestTranscript holds our conversation with a phone against the one that
// idevicebackup2 has with the same phone, message by message. The phone says the
// same to both; where we say something else, testdata/transcript.txt has the pair
// and the reason.
func TestTranscript(t *testing.T) {
	if testing.Short() {
		t.Skip("eleven conversations, twice")
	}
	t.Parallel()
	spec := simulator.PhoneSpec{Seed: 11, Files: 300, Bytes: 2 << 20}
	theirs, ours := record(t, spec), record(t, spec)
	p := &parallel{t: t, theirs: theirs, ours: ours, dir: t.TempDir(), job: ours.job(t), engine: New(testOptions()), found: map[string]int{}}
	p.backup("first backup", false)
	p.live()
	p.backup("incremental backup", false)
	p.backup("forced full backup", true)
	p.restore("restore", "")
	p.password("password set", "", "first")
	p.live()
	p.backup("encrypted backup", false)
	p.live()
	p.backup("incremental encrypted backup", false)
	p.password("password changed", "first", "second")
	p.backup("full backup after the change", false)
	p.restore("encrypted restore", "second")
	p.password("password removed", "second", "")
	t.Logf("%d messages compared, %d differ, in %d ways", p.compared, p.differing, len(p.order))
	p.explain()
}

// parallel does everything twice, with idevicebackup2 and with our engine.
type parallel struct {
	t                   *testing.T
	theirs, ours        *recorded
	dir                 string // of theirs; ours is in job
	job                 backup.Job
	engine              *Engine
	found               map[string]int // pairs of lines that differ
	order               []string
	compared, differing int
}

// live is a day in the life of both phones.
func (p *parallel) live() {
	for _, s := range []*recorded{p.theirs, p.ours} {
		s.device.Modify(30)
		s.device.Add(10)
		s.device.Delete(10)
	}
}

func (p *parallel) backup(name string, full bool) {
	p.t.Helper()
	args := []string{"backup", p.dir}
	if full {
		args = []string{"backup", "--full", p.dir}
	}
	p.theirs.runTool(p.t, args...)
	p.job.Full = full
	_, err := p.engine.Backup(p.t.Context(), p.job, nil)
	p.compare(name, err)
}

func (p *parallel) restore(name string, password backup.Secret) {
	p.t.Helper()
	args := []string{"restore", "--no-reboot", p.dir}
	if password != "" {
		args = []string{"restore", "--no-reboot", "--password", string(password), p.dir}
	}
	p.theirs.runTool(p.t, args...)
	job := restoreJob(p.t, p.job.Dir, p.ours.phone)
	job.Password, job.Options.NoReboot = password, true
	_, err := p.engine.Restore(p.t.Context(), job, nil)
	p.compare(name, err)
}

func (p *parallel) password(name string, before, after backup.Secret) {
	p.t.Helper()
	args := []string{"changepw", string(before), string(after), p.dir}
	switch {
	case before == "":
		args = []string{"encryption", "on", string(after), p.dir}
	case after == "":
		args = []string{"encryption", "off", string(before), p.dir}
	}
	p.theirs.runTool(p.t, args...)
	err := p.engine.ChangePassword(p.t.Context(), backup.PasswordChange{UDID: testUDID, Old: before, New: after, Phone: p.ours.phone}, nil)
	p.compare(name, err)
}

// compare holds what was said since the last time against each other.
func (p *parallel) compare(name string, err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatalf("%s: %v", name, err)
	}
	a, b := p.theirs.take(), p.ours.take()
	p.t.Logf("%s: %d messages of idevicebackup2, %d of ours", name, len(a), len(b))
	if len(a) != len(b) || len(a) < 5 {
		p.t.Errorf("%s: the conversations have not the same length", name)
	}
	for i := range min(len(a), len(b)) {
		p.compared++
		if a[i] == b[i] {
			continue
		}
		p.differing++
		pair := sizes.ReplaceAllString(a[i]+"\n"+b[i], "DLFileSize:<n>")
		if p.found[pair]++; p.found[pair] == 1 {
			p.order = append(p.order, pair)
		}
	}
}

// explain holds the differences against those that are meant.
func (p *parallel) explain() {
	p.t.Helper()
	reasons := readReasons(p.t)
	for _, pair := range p.order {
		if _, known := reasons[pair]; !known {
			p.t.Errorf("a difference without a reason, %d times:\n%s", p.found[pair], pair)
		}
		delete(reasons, pair)
	}
	for pair := range reasons {
		p.t.Errorf("a difference that is no more:\n%s", pair)
	}
}

// recorded is a stack whose phone writes down what is said.
type recorded struct {
	*stack
	mu    sync.Mutex
	lines []string
}

func record(t *testing.T, spec simulator.PhoneSpec) *recorded {
	r := &recorded{stack: newStack(t, spec)}
	r.device.Agent().Transcript = func(l backupagent.Line) {
		if l.Name == "DLMessageDisconnect" {
			return // the last word of both, which the phone may read when all is over
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.lines = append(r.lines, plain(l))
	}
	return r
}

func (r *recorded) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	lines := r.lines
	r.lines = nil
	return lines
}

var (
	bodyNames = regexp.MustCompile(`[0-9a-f]{40}`)
	shards    = regexp.MustCompile(`/[0-9a-f]{2}\b`)
	folders   = regexp.MustCompile(`([0-9a-f]{2}:\{[^}]*DLFileTypeDirectory"\} ?)+`)
	infoSize  = regexp.MustCompile(`(Info.plist:\{DLFileModificationDate:<date> DLFileSize:|file "UDID/Info.plist" 0 )\d+`)
	sizes     = regexp.MustCompile(`DLFileSize:(\d+|<amount>)`)
	amounts   = regexp.MustCompile(`\b\d{6,}\b`)
)

// plain spells a line without what differs from file to file and disk to disk.
func plain(l backupagent.Line) string {
	text := l.String()
	if !l.Host {
		return strings.ReplaceAll(text, testUDID, "UDID")
	}
	text = strings.ReplaceAll(text, testUDID, "UDID")
	text = bodyNames.ReplaceAllString(text, "<id>")
	text = shards.ReplaceAllString(text, "/<xx>")
	text = folders.ReplaceAllString(text, "<shards> ")
	text = infoSize.ReplaceAllString(text, "$1<n>")
	return amounts.ReplaceAllString(text, "<amount>")
}

// readReasons reads the differences that are meant: blocks of reasons ("#"), their
// line and ours.
func readReasons(t *testing.T) map[string]string {
	data, err := os.ReadFile("testdata/transcript.txt")
	if err != nil {
		t.Fatal(err)
	}
	reasons := map[string]string{}
	for block := range strings.SplitSeq(strings.TrimSpace(string(data)), "\n\n") {
		var why, lines []string
		for line := range strings.SplitSeq(block, "\n") {
			if text, is := strings.CutPrefix(line, "#"); is {
				why = append(why, strings.TrimSpace(text))
			} else {
				lines = append(lines, line)
			}
		}
		if len(lines) == 0 {
			continue // the head of the file
		}
		if len(lines) != 2 || len(why) == 0 {
			t.Fatal(fmt.Errorf("testdata/transcript.txt: want reasons and two lines, got\n%s", block))
		}
		reasons[lines[0]+"\n"+lines[1]] = strings.Join(why, " ")
	}
	return reasons
}
