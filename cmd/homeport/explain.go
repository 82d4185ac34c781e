package main

import (
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"homeport/cause"
)

func newExplainCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "explain [CAUSE | CODE | \"text that another program showed\"]",
		Short: "Say what an error means and what to do",
		Example: `  homeport explain host-disk-full
  homeport explain 0xE8000065
  homeport explain "ErrorCode 105 (MBErrorDomain/105)"`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: completeCauses,
		RunE:              func(_ *cobra.Command, args []string) error { return runExplain(a, strings.Join(args, " ")) },
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
	ExitCode int            `json:"exitCode"`
	Matched  string         `json:"matched,omitempty"`
}

func explainOne(id cause.ID, matched string) explained {
	row, _ := cause.Lookup(id)
	e := cause.New(id, nil, nil)
	return explained{
		ID: id, Title: row.Title, Sentence: e.Sentence(), Remedy: e.Remedy(runtime.GOOS),
		Severity: row.Severity, Retry: row.Retry, ExitCode: row.ExitCode, Matched: matched,
	}
}

func runExplain(a *app, text string) error {
	var list []explained
	if strings.TrimSpace(text) == "" {
		for _, r := range cause.All() {
			list = append(list, explainOne(r.ID, ""))
		}
	} else {
		for _, m := range cause.Match(text) {
			list = append(list, explainOne(m.ID, m.Matched))
		}
	}
	if a.json {
		a.printJSON(map[string]any{"causes": list})
		return nil
	}
	if strings.TrimSpace(text) == "" {
		for _, e := range list {
			a.printf("%-28s %s\n", e.ID, e.Title)
		}
		return nil
	}
	for i, e := range list {
		if i > 0 {
			a.printf("\n")
		}
		a.printExplained(e)
	}
	return nil
}

func (a *app) printExplained(e explained) {
	a.printf("%s  (%s)\n", e.Title, e.ID)
	if e.Matched != "" && !strings.EqualFold(e.Matched, string(e.ID)) {
		a.printf("  recognised by: %s\n", clean(e.Matched))
	}
	a.printf("  %s.\n", strings.TrimSuffix(upperFirst(e.Sentence), "."))
	for i, step := range e.Remedy {
		a.printf("  %d. %s\n", i+1, step)
	}
}
