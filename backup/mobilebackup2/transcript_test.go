package mobilebackup2

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"homeport/simulator"
	"homeport/simulator/backupagent"
)

// TestTranscript holds our conversation with a phone against the one that
// idevicebackup2 has with the same phone, message by message: a first backup, an
// incremental one after changes, a forced full one. The phone says the same to
// both; where we say something else, testdata/transcript.txt has the pair and the
// reason.
func TestTranscript(t *testing.T) {
	t.Parallel()
	spec := simulator.PhoneSpec{Seed: 11, Files: 300, Bytes: 2 << 20}
	theirs, ours := record(t, spec), record(t, spec)
	dir, job := t.TempDir(), ours.job(t)
	engine := New(testOptions())
	found := map[string]int{}
	var order []string
	for round, full := range []bool{false, false, true} {
		var flags []string
		if full {
			flags = []string{"--full"}
		}
		theirs.tool(t, dir, flags...)
		job.Full = full
		if _, err := engine.Backup(t.Context(), job, nil); err != nil {
			t.Fatal(err)
		}
		a, b := theirs.take(), ours.take()
		t.Logf("round %d: %d messages of idevicebackup2, %d of ours", round+1, len(a), len(b))
		if len(a) != len(b) || len(a) < 1000 {
			t.Errorf("round %d: the conversations have not the same length", round+1)
		}
		for i := range min(len(a), len(b)) {
			if pair := sizes.ReplaceAllString(a[i]+"\n"+b[i], "DLFileSize:<n>"); a[i] != b[i] {
				if found[pair]++; found[pair] == 1 {
					order = append(order, pair)
				}
			}
		}
		for _, s := range []*recorded{theirs, ours} {
			s.device.Modify(30)
			s.device.Add(10)
			s.device.Delete(10)
		}
	}
	reasons := readReasons(t)
	for _, pair := range order {
		if _, known := reasons[pair]; !known {
			t.Errorf("a difference without a reason, %d times:\n%s", found[pair], pair)
		}
		delete(reasons, pair)
	}
	for pair := range reasons {
		t.Errorf("a difference that is no more:\n%s", pair)
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
	infoSize  = regexp.MustCompile(`(Info.plist:\{DLFileModificationDate:<date> DLFileSize:)\d+`)
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
