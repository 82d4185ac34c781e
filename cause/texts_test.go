package cause

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestTexts holds what people and programs write, none of it in the tables, against
// what is answered. A line of the files is a text with \n for a line break and \t for a tab, a tab,
// and the causes that may come first, with commas between them; "a+b" wants both
// among the first four, and "unknown" wants nothing else.
func TestTexts(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"texts.tsv", "words.tsv", "nothing.tsv"} {
		data, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			text, want, ok := strings.Cut(strings.TrimSpace(line), "\t")
			if !ok {
				t.Fatalf("%s: no tab in %q", file, line)
			}
			hits := Match(strings.NewReplacer(`\n`, "\n", `\t`, "\t").Replace(text))
			if !slices.ContainsFunc(strings.Split(want, ","), func(one string) bool { return answers(hits, one) }) {
				t.Errorf("%s: %.200q\nwant %s, got %s", file, text, want, tell(hits))
			}
		}
	}
}

// answers says whether the hits are what a line wants.
func answers(hits []Hit, want string) bool {
	all := strings.Split(want, "+")
	if len(all) == 1 {
		return string(hits[0].ID) == want
	}
	first := hits[:min(len(hits), 4)]
	return !slices.ContainsFunc(all, func(id string) bool {
		return !slices.ContainsFunc(first, func(h Hit) bool { return string(h.ID) == id })
	})
}

func tell(hits []Hit) string {
	var all []string
	for _, h := range hits {
		all = append(all, fmt.Sprintf("%s (%s %d: %.60q)", h.ID, h.Sure, h.score, h.Matched))
	}
	return strings.Join(all, ", ")
}
