package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"homeport/agent"
	"homeport/backup/store"
	"homeport/cause"
	"homeport/preflight"
)

// print shows a diagnosis to a person: what concerns every phone once, then each
// phone, group by group, and a verdict at the end.
func (d diagnosis) print(p *page) {
	now := time.Now()
	if d.host != nil {
		d.printHost(p, now)
		return
	}
	shared := sharedBy(d.phones)
	if len(shared)+len(d.unlisted) > 0 {
		head := "This computer, for every iPhone"
		if len(d.phones) == 1 {
			head = "Another iPhone that is plugged in"
		}
		p.say(head)
		printGroups(p, slices.Concat(shared, d.unlisted), nil, now)
		p.blank()
	}
	for i, o := range d.phones {
		if i > 0 {
			p.blank()
		}
		p.say(heading(o.Phone))
		p.about = o.Phone.ProductType
		printGroups(p, unshared(o.Findings, shared), &o, now)
		p.blank()
		for _, text := range append(outlookLines(o), verdict(o, p.system())) {
			p.say(text)
		}
		p.about = ""
	}
}

// printHost shows the checks of this computer alone, and what to do next.
func (d diagnosis) printHost(p *page, now time.Time) {
	switch {
	case d.absent != nil:
		d.absent.print(p, now)
		p.blank()
		p.say("These are the checks of this computer.")
	case d.blind != nil:
		p.say("Whether an iPhone is plugged in could not be asked. These are the checks of this computer.")
	default:
		p.say("No iPhone is plugged in. These are the checks of this computer.")
	}
	// That there is no phone is said above, and what to do about it below.
	findings := slices.DeleteFunc(slices.Clone(d.host.Findings), func(f preflight.Finding) bool { return f.Cause == cause.NoPhone })
	printGroups(p, findings, nil, now)
	p.blank()
	if failures(findings) > 0 {
		p.say(verdict(*d.host, p.system()))
		return
	}
	p.say("Nothing on this computer stops a backup.")
	p.say("Next: plug the iPhone into this computer and unlock it. If it is plugged in and not seen, run: homeport doctor --wait")
}

// sharedBy gives the findings about the computer and the destination that all
// phones have alike; none when there is only one phone.
func sharedBy(list []agent.Outcome) []preflight.Finding {
	if len(list) < 2 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(list[0].Findings), func(f preflight.Finding) bool {
		ours := f.Group == cause.Computer || f.Group == cause.Destination
		return !ours || slices.ContainsFunc(list[1:], func(o agent.Outcome) bool {
			return !slices.ContainsFunc(o.Findings, func(g preflight.Finding) bool { return sameTelling(f, g) })
		})
	})
}

// unshared leaves out of a phone's findings what was told for all.
func unshared(list, shared []preflight.Finding) []preflight.Finding {
	return slices.DeleteFunc(slices.Clone(list), func(f preflight.Finding) bool {
		return slices.ContainsFunc(shared, func(g preflight.Finding) bool { return sameTelling(f, g) })
	})
}

// sameTelling reports whether a person would read the same of two findings.
func sameTelling(a, b preflight.Finding) bool {
	return a.Check == b.Check && a.Status == b.Status && a.Needs == b.Needs && a.Sentence() == b.Sentence() && foundBy(a) == foundBy(b)
}

// printGroups shows findings group by group: what went well in one line, then what
// did not, with what to do, and what could not be asked. o is the phone that they
// are about; nil means no particular one.
func printGroups(p *page, findings []preflight.Finding, o *agent.Outcome, now time.Time) {
	for _, g := range preflight.Groups() {
		mine := preflight.Report{Findings: slices.DeleteFunc(slices.Clone(findings), func(f preflight.Finding) bool { return f.Group != g })}
		label := groupNames[g]
		if g == cause.Phone {
			label = strings.TrimPrefix(agent.SaidOf(p.about, "the "+label), "the ")
		}
		row := func(mark, text string) {
			p.row(mark, label, text)
			label = ""
		}
		others := mine.With(preflight.Fail, preflight.Warn, preflight.Info)
		skipped := slices.DeleteFunc(mine.With(preflight.Skipped), func(f preflight.Finding) bool { return f.Needs == "" })
		if well := wellIn(g, mine.With(preflight.Pass), o, now); well != "" {
			row(markOK, well)
		} else if len(others)+len(skipped) == 0 && len(mine.With(preflight.Pass)) > 0 {
			row(markOK, "nothing wrong")
		}
		for _, f := range others {
			row(markOf(f.Status), fmt.Sprintf("%s   (%s)", upperFirst(f.Sentence()), f.Cause))
			if f.Status != preflight.Info {
				printSteps(p, f.Remedy(p.system()))
			}
		}
		for _, text := range notAsked(skipped) {
			row(markSkip, text)
		}
	}
}

func printSteps(p *page, steps []string) {
	for i, s := range steps {
		p.step(i+1, s)
	}
}

// wellIn words what went well in a group; empty when there is nothing to say.
func wellIn(g cause.Layer, passed []preflight.Finding, o *agent.Outcome, now time.Time) string {
	switch {
	case g == cause.Earlier && o != nil && len(passed) > 0:
		return newestWords(o.Newest, now)
	case g == cause.Cable && o == nil && len(passed) > 0:
		return "no iPhone to be seen"
	}
	return wellWords(passed)
}

// newestWords tell how a phone's backups stand.
func newestWords(v *store.Version, now time.Time) string {
	if v == nil {
		return "none yet: the next one is the first"
	}
	return fmt.Sprintf("the last good one is from %s: %s, %s", agoWords(now.Sub(v.Finished)), cause.Bytes(v.Bytes), count64(int64(v.Files), "file", "files"))
}

// agoWords words a time that has passed, as people say it.
func agoWords(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "a moment ago"
	case d < time.Hour:
		return count(int(d.Minutes()), "minute", "minutes") + " ago"
	case d < 48*time.Hour:
		return count(int(d.Hours()), "hour", "hours") + " ago"
	}
	return count(int(d.Hours()/24), "day", "days") + " ago"
}

func markOf(s preflight.Status) string {
	switch s {
	case preflight.Fail:
		return markFail
	case preflight.Warn:
		return markWarn
	}
	return markNote
}

// failures counts what stops a backup.
func failures(list []preflight.Finding) int {
	return len(preflight.Report{Findings: list}.With(preflight.Fail))
}

// verdict says how it stands in one line.
func verdict(o agent.Outcome, goos string) string {
	n := failures(o.Findings)
	if n == 0 {
		return "Nothing stops a backup."
	}
	report := preflight.Report{Findings: o.Findings}
	first, _ := report.First()
	what := "1 thing stops a backup: "
	if n > 1 {
		what = fmt.Sprintf("%d things stop a backup; the first to do: ", n)
	}
	if step := nextStep(first.Remedy(goos), report); step != "" {
		return what + lowerFirst(step)
	}
	return what + first.Sentence() + "."
}

// longestName is how much of a phone's name a heading has, in letters.
const longestName = 50

// heading is a phone's name and what it is. A name may be as long as its owner likes.
func heading(p agent.Phone) string {
	return strings.TrimRight(cut(clean(p.Label()), longestName)+"   "+describe(p), " ")
}

// unlocking is a step that is done when the phone is unlocked.
var unlocking = regexp.MustCompile(`^Unlock the iPhone( and (keep|leave) it unlocked)?\.$`)

// nextStep is the first step that is not done already, as the checks saw it.
func nextStep(steps []string, seen preflight.Report) string {
	lock, _ := seen.ByCheck("unlocked")
	for i, s := range steps {
		if done := lock.Evidence["unlocked"] == true && unlocking.MatchString(s); !done || i == len(steps)-1 {
			return s
		}
	}
	return ""
}
