package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestHelpFits reads the help of every verb in a terminal of 80 columns: no line runs over,
// and no word is lost.
func TestHelpFits(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	a := &app{stdout: &output{w: &out}}
	var look func(c *cobra.Command)
	look = func(c *cobra.Command) {
		out.Reset()
		a.help(c, nil)
		for line := range strings.SplitSeq(out.String(), "\n") {
			if len([]rune(line)) > pageColumns {
				t.Errorf("%s: %d columns: %s", c.CommandPath(), len([]rune(line)), line)
			}
		}
		whole := strings.Fields(c.Long + " " + c.UsageString())
		if c.Long == "" {
			whole = strings.Fields(c.Short + " " + c.UsageString())
		}
		if got := strings.Fields(out.String()); strings.Join(got, " ") != strings.Join(whole, " ") {
			t.Errorf("%s: words differ:\n%s", c.CommandPath(), out.String())
		}
		for _, sub := range c.Commands() {
			look(sub)
		}
	}
	look(newRootCommand(a))
}

// TestHangOf sets what goes on below the text.
func TestHangOf(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]int{
		"      --outcome OUTCOME   only with this": 26,
		"  -f, --follow            go on":          26,
		"  versions    The backups":                14,
		"  homeport run [--dest DIR] [flags]":      6,
		"Usage:":                                   6,
	} {
		if got := len(hangOf(line)); got != want {
			t.Errorf("%q: %d, want %d", line, got, want)
		}
	}
}
