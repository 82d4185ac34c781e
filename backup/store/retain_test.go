package store

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the histories name zones that this computer may not have

	"github.com/google/go-cmp/cmp"

	"homeport/backup"
	"homeport/cause"
)

var update = flag.Bool("update", false, "write the golden tables anew")

// Each table begins with a history and a policy in words, and goes on after a line
// of dashes with what becomes of each version and why.
func TestRetentionTables(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/retention/*.golden")
	must(t, err)
	if len(files) < 15 {
		t.Errorf("only %d histories", len(files))
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".golden"), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(name)
			must(t, err)
			story, want, _ := strings.Cut(string(data), "----\n")
			h, p, now, zone := parseHistory(t, story)
			got := table(Retain(h, p, now, zone))
			if *update {
				must(t, os.WriteFile(name, []byte(story+"----\n"+got), 0o644))
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// table words decisions as the golden files have them.
func table(decided []Decision) string {
	var b strings.Builder
	for _, d := range decided {
		word := "remove"
		if d.Keep {
			word = "keep"
		}
		line := fmt.Sprintf("%04d  %-6s  %-8s  %s", d.Version.ID.Generation(), word, cause.Bytes(d.Freed), strings.Join(d.Reasons, "; "))
		b.WriteString(line + "\n")
	}
	return b.String()
}

// parseHistory reads the upper half of a table.
func parseHistory(t testing.TB, story string) (h History, p Policy, now time.Time, zone *time.Location) {
	t.Helper()
	zone = time.UTC
	for in := bufio.NewScanner(strings.NewReader(story)); in.Scan(); {
		words := strings.Fields(in.Text())
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		switch words[0] {
		case "zone":
			var err error
			zone, err = time.LoadLocation(words[1])
			must(t, err)
		case "now":
			now = at(t, words[1])
		case "policy":
			p = parsePolicy(t, words[1:])
		case "partial":
			h.Base = idOf(t, words[1])
		case "share":
			h.Shares = append(h.Shares, parseShare(t, words[1:]))
		default:
			h.Versions = append(h.Versions, parseVersion(t, words))
		}
	}
	return h, p, now, zone
}

func at(t testing.TB, s string) time.Time {
	t.Helper()
	got, err := time.Parse(time.RFC3339, s)
	must(t, err)
	return got
}

// idOf makes an id of a generation; retention looks at nothing else of it.
func idOf(t testing.TB, generation string) VersionID {
	t.Helper()
	n, err := strconv.Atoi(generation)
	must(t, err)
	return newVersionID(testTime, n)
}

func parsePolicy(t testing.TB, words []string) (p Policy) {
	t.Helper()
	for _, w := range words {
		key, value, _ := strings.Cut(w, "=")
		n, err := strconv.Atoi(strings.TrimRight(value, "dGB"))
		must(t, err)
		switch key {
		case "last":
			p.Last = n
		case "daily":
			p.Daily = n
		case "weekly":
			p.Weekly = n
		case "monthly":
			p.Monthly = n
		case "within":
			p.Within = time.Duration(n) * 24 * time.Hour
		case "size":
			p.Size = int64(n) * 1e9
		default:
			t.Fatalf("policy %q", w)
		}
	}
	return p
}

func parseShare(t testing.TB, words []string) (s Share) {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimSuffix(words[0], "GB"))
	must(t, err)
	s.Bytes = int64(n) * 1e9
	for _, w := range words[1:] {
		s.Versions = append(s.Versions, idOf(t, w))
	}
	return s
}

func parseVersion(t testing.TB, words []string) Version {
	t.Helper()
	v := Version{ID: idOf(t, words[0]), Proof: backup.ProofReceived}
	if words[1] != "foreign" {
		v.Finished = at(t, words[1])
	} else {
		v.Damage = "cannot be opened"
	}
	for _, w := range words[2:] {
		switch w {
		case "pinned":
			v.Pinned = true
		case "damaged":
			v.Damage = "damaged"
		case "verified":
			v.Proof = backup.ProofFull
		default:
			t.Fatalf("version %v", words)
		}
	}
	return v
}

// without gives the history that is left after a decision.
func without(h History, decided []Decision) History {
	left := History{Base: h.Base}
	gone := removed(decided)
	for _, v := range h.Versions {
		if !slices.Contains(gone, v.ID) {
			left.Versions = append(left.Versions, v)
		}
	}
	for _, s := range h.Shares {
		ids := slices.DeleteFunc(slices.Clone(s.Versions), func(id VersionID) bool { return slices.Contains(gone, id) })
		if len(ids) > 0 {
			left.Shares = append(left.Shares, Share{ids, s.Bytes})
		}
	}
	return left
}
