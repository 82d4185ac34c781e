package main

import (
	"os"
	"runtime/debug"
	"time"

	"homeport/agent"
)

// gcPercent makes the collector run early. A backup of 100,000 files holds about
// 28 MB; with the usual 100 % a background program would take three times that
// for a few tenths of a second less.
const gcPercent = 30

// staySmall keeps the memory of a background program small, unless the user has
// set the collector up.
func staySmall() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(gcPercent)
	}
}

// tidyAfter is how long after the end of a run, or of a phone's stay, the memory that it took
// goes back to the system: most often something follows at once.
const tidyAfter = 5 * time.Second

// giveBack gives back what the program does not need just now.
func giveBack() {
	debug.FreeOSMemory()
	dropProgram()
}

// tidy gives memory back when something that needed it is over. By itself Go keeps it for
// minutes, and of an idle program nobody would ever collect what is left.
type tidy struct{ later *time.Timer }

func newTidy(free func()) *tidy {
	t := &tidy{later: time.AfterFunc(tidyAfter, free)} // the start leaves some too
	return t
}

func (t *tidy) hear(e agent.Event) {
	switch e.Kind {
	case agent.Finished, agent.Failed, agent.Skipped, agent.Unplugged:
		t.later.Reset(tidyAfter)
	}
}

func (t *tidy) close() { t.later.Stop() }
