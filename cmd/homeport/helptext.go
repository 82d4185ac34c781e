package main

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// help prints what a verb does, folded to fit the reader's terminal.
func (a *app) help(cmd *cobra.Command, _ []string) {
	columns := a.page().columns
	var text []string
	for part := range strings.SplitSeq(strings.TrimSpace(cmp.Or(cmd.Long, cmd.Short)), "\n\n") {
		text = append(text, reflow(part, columns))
	}
	var usage []string
	for line := range strings.SplitSeq(cmd.UsageString(), "\n") {
		usage = append(usage, fold(line, hangOf(line), columns))
	}
	fmt.Fprintf(a.stdout, "%s\n\n%s", strings.Join(text, "\n\n"), strings.Join(usage, "\n"))
}

// reflow breaks a paragraph anew. One with lines that are set in is a list: they stay.
func reflow(part string, columns int) string {
	if strings.HasPrefix(part, " ") || strings.Contains(part, "\n ") {
		lines := strings.Split(part, "\n")
		for i, line := range lines {
			lines[i] = fold(line, "    ", columns)
		}
		return strings.Join(lines, "\n")
	}
	return fold(strings.Join(strings.Fields(part), " "), "", columns)
}

// firstColumn is the name in a line of a table, and the space behind it.
var firstColumn = regexp.MustCompile(`^\s+\S.*?\s{2,}`)

// hangOf is what a line goes on with: below its second column, or set in.
func hangOf(line string) string {
	return strings.Repeat(" ", max(6, len(firstColumn.FindString(line))))
}
