package cause

import (
	"fmt"
	"strings"
	"unicode"
)

// page renders docs/causes.md from the catalogue.
func page() string {
	var b strings.Builder
	b.WriteString(pageHead)
	section := Layer("")
	for _, l := range []Layer{Computer, Cable, Trust, Phone, Destination, Earlier, Run, Homeport} {
		for _, r := range All() {
			if r.Layer != l {
				continue
			}
			if l != section {
				fmt.Fprintf(&b, "\n## %s\n", layerTitles[l])
				section = l
			}
			writeRow(&b, r)
		}
	}
	b.WriteString(untestedHead)
	for _, r := range All() {
		if r.Untested != "" {
			fmt.Fprintf(&b, "- [%s](#%s): %s\n", r.ID, r.ID, r.Untested)
		}
	}
	b.WriteString(evidenceHead)
	for _, k := range append(keys, otherKeys...) {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", k.name, k.meaning, show(k.sample))
	}
	return b.String()
}

const pageHead = `# Why a backup fails: the causes

Generated from the catalogue by ` + "`go test ./cause -update`" + `; do not edit. ` + "`homeport explain ID`" + ` shows the same.

Severity: *fail* stops a backup, *warn* puts it at risk, *info* is good to know. Known: *before* by the checks before a backup,
*during* while it runs, *after* when it is done. Retry: what has to happen before another try makes sense, and how many tries
Homeport makes by itself. Exit code: what the command ends with; 8 in place of 3 when the wait for a person ran out.
`

const untestedHead = `
## Never seen by a test

Every other cause is brought about by the tests, by a simulated iPhone or by facts captured from a system. None was tried on hardware.

`

const evidenceHead = `
## Evidence

The facts that come with a cause, in the log and in JSON. Sizes are in bytes, durations in seconds, speeds in bits per second.

| name | meaning | as it is shown |
|---|---|---|
`

var layerTitles = map[Layer]string{
	Computer: "This computer", Cable: "Cable and port", Trust: "Trust, lock and rules", Phone: "The iPhone",
	Destination: "The backup folder and its drive", Earlier: "Earlier backups", Run: "While a backup runs", Homeport: "Settings and arguments",
}

func writeRow(b *strings.Builder, r Row) {
	fmt.Fprintf(b, "\n### %s\n\n**%s.** %s.\n\n", r.ID, r.Title, capital(readable(r.Sentence)))
	for _, special := range r.Special {
		fmt.Fprintf(b, "Or: %s.\n\n", readable(special))
	}
	facts := fmt.Sprintf("%s · known %s · retry %s", r.Severity, known(r.When), r.Retry)
	if r.ExitCode != 0 {
		facts += fmt.Sprintf(" · exit code %d", r.ExitCode)
		if r.Waits {
			facts += " or 8"
		}
	}
	b.WriteString(facts + "\n")
	writeSteps(b, r)
	if len(r.Codes) > 0 {
		fmt.Fprintf(b, "\nShown elsewhere as: %s\n", strings.Join(r.Codes, ", "))
	}
	if len(r.DependsOn) > 0 {
		names := make([]string, len(r.DependsOn))
		for i, id := range r.DependsOn {
			names[i] = fmt.Sprintf("[%s](#%s)", id, id)
		}
		fmt.Fprintf(b, "\nNot told when there is: %s\n", strings.Join(names, ", "))
	}
}

// insteadTitles name the steps that only some evidence has.
var insteadTitles = map[string]string{
	ByHand: "When a person started it, and nothing starts it again", "ownEngine": "With the native engine",
	"usual": "When it is the usual folder, which was never made", "noFolder": "When it is a file", "daemon": "When it is a second Homeport",
	"none": "When there is no backup in it",
}

func writeSteps(b *strings.Builder, r Row) {
	lists := []struct {
		name  string
		steps []string
	}{{"", r.Remedy}, {"macOS", r.RemedyDarwin}, {"Windows", r.RemedyWindows}, {"Linux", r.RemedyLinux}}
	for _, i := range r.Instead {
		lists = append(lists, struct {
			name  string
			steps []string
		}{insteadTitles[i.With], i.Steps})
	}
	for i, l := range lists {
		if len(l.steps) == 0 {
			continue
		}
		switch {
		case l.name != "":
			fmt.Fprintf(b, "\n%s:\n\n", l.name)
		case r.RemedyDarwin != nil || r.RemedyWindows != nil || r.RemedyLinux != nil:
			b.WriteString("\nOther systems:\n\n")
		default:
			b.WriteString("\n")
		}
		for j, s := range lists[i].steps {
			fmt.Fprintf(b, "%d. %s\n", j+1, readable(s))
		}
	}
}

func known(w When) string {
	switch w {
	case BeforeToo:
		return "before and during"
	case ByRestore:
		return "before a restore"
	case ByQuestion:
		return "when asked"
	}
	return string(w)
}

// readable turns "{volume|the backup disk}" into what it says without evidence,
// and "{need}" into "*need*".
func readable(template string) string {
	return placeholder.ReplaceAllStringFunc(template, func(p string) string {
		name, fallback, optional := strings.Cut(strings.Trim(p, "{}"), "|")
		if optional {
			return fallback
		}
		return "*" + name + "*"
	})
}

func capital(s string) string {
	r := []rune(s)
	if len(r) > 1 && unicode.IsUpper(r[1]) {
		return s // iPhone, iOS
	}
	r[0] = unicode.ToUpper(r[0])
	return string(r)
}
