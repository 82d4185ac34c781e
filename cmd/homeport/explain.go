package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"homeport/cause"
)

func newExplainCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "explain [CAUSE | CODE | \"text that another program showed\" | -]",
		Short: "Say what an error means and what to do",
		Long: `What an error means and what to do about it: by the name of a cause, a number, a
message of another program, or some words of your own. With "-", or when something
is piped in, it reads a whole log; its last error counts most. Without anything it
lists all causes.`,
		Example: `  homeport explain host-disk-full
  homeport explain 0xE8000065
  homeport explain "ErrorCode 105 (MBErrorDomain/105)"
  homeport explain my phone charges but the computer does not see it
  homeport explain - < backup.log`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: completeCauses,
		RunE:              func(cmd *cobra.Command, args []string) error { return runExplain(cmd.Context(), a, args) },
	}
}

// completeCauses offers the ids of the catalogue to the shell.
func completeCauses(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var ids []string
	for _, r := range cause.All() {
		ids = append(ids, string(r.ID)+"\t"+r.Title)
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}

// explained is one answer of explain, as JSON shows it.
type explained struct {
	ID       cause.ID       `json:"id"`
	Title    string         `json:"title"`
	Sentence string         `json:"sentence"`
	Remedy   []string       `json:"remedy"`
	Severity cause.Severity `json:"severity"`
	Retry    cause.Retry    `json:"retry"`
	Does     string         `json:"does,omitempty"`
	ExitCode int            `json:"exitCode"`
	Matched  string         `json:"matched,omitempty"`
	Sure     cause.Sure     `json:"sure,omitempty"`
}

func explainOne(hit cause.Hit) explained {
	row, _ := cause.Lookup(hit.ID)
	e := cause.New(hit.ID, nil, nil)
	return explained{
		ID: hit.ID, Title: row.Title, Sentence: e.Sentence(), Remedy: e.Remedy(runtime.GOOS), Severity: row.Severity,
		Retry: row.Retry, Does: row.Does(), ExitCode: row.ExitCode, Matched: shorten(hit.Matched), Sure: hit.Sure,
	}
}

func runExplain(ctx context.Context, a *app, args []string) error {
	text, err := a.pasted(ctx, args)
	if err != nil {
		return err
	}
	if strings.TrimSpace(text) == "" {
		return a.listCauses()
	}
	var list []explained
	for _, hit := range cause.Match(text) {
		list = append(list, explainOne(hit))
	}
	if list[0].ID == cause.Unknown && list[0].Sure == "" && len(args) == 1 && isFile(args[0]) {
		return usageError{fmt.Errorf("%s is a file; to have it read: homeport explain - < %s", args[0], args[0])}
	}
	if a.json {
		a.printJSON(map[string]any{"causes": list})
		return nil
	}
	a.printAnswer(list)
	return nil
}

// isFile says whether a path is one of a plain file, which somebody may have meant
// to be read.
func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// listCauses shows all causes with their titles.
func (a *app) listCauses() error {
	var list []explained
	for _, r := range cause.All() {
		list = append(list, explainOne(cause.Hit{ID: r.ID}))
	}
	if a.json {
		a.printJSON(map[string]any{"causes": list})
		return nil
	}
	for _, e := range list {
		a.printf("%-28s %s\n", e.ID, e.Title)
	}
	return nil
}

func (a *app) printAnswer(list []explained) {
	switch {
	case list[0].Sure == cause.Nearest && len(list) == 1:
		a.printf("Not certain; the nearest that Homeport knows:\n\n")
	case list[0].Sure == cause.Nearest:
		a.printf("Not certain; the nearest that Homeport knows, the likeliest first:\n\n")
	case len(list) > 1:
		a.printf("%d causes fit, the likeliest first:\n\n", len(list))
	}
	for i, e := range list {
		if i > 0 {
			a.printf("\n")
		}
		a.printExplained(e)
	}
}

// recognised says by what a cause was recognised.
var recognised = map[cause.Sure]string{
	cause.ByCode:  "recognised by the number",
	cause.ByText:  "recognised by the words",
	cause.Nearest: "near to it",
}

func (a *app) printExplained(e explained) {
	a.printf("%s   (%s)\n", e.Title, e.ID)
	if by := recognised[e.Sure]; by != "" {
		a.printf("  %s: %s\n", by, clean(e.Matched))
	}
	a.printf("  %s.\n", strings.TrimSuffix(upperFirst(e.Sentence), "."))
	for i, step := range e.Remedy {
		a.printf("  %d. %s\n", i+1, step)
	}
	if e.Does != "" {
		a.printf("  %s\n", e.Does)
	}
}

// mostMatched is how much of a text is shown as the piece that was recognised, in
// runes.
const mostMatched = 90

func shorten(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > mostMatched {
		return strings.TrimSpace(string(r[:mostMatched-1])) + "…"
	}
	return s
}
