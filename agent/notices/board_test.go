package notices

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"homeport/cause"
)

// TestBoard follows what is on the screen through the lives of two phones.
func TestBoard(t *testing.T) {
	t.Parallel()
	going := func(phase string) Event { e := of("progress", ""); e.Phase = phase; return e }
	trust := of("waiting", cause.NotTrusted)
	for _, story := range []struct {
		name   string
		events []Event
		want   string // what is on the screen after each
	}{
		{"the passcode is entered", []Event{going("waiting"), prompt, going("passcode"), going("passcode"), going("receiving"), going("finishing"), done},
			"- P P P - - B"},
		{"after the passcode the phone gets ready", []Event{prompt, going("passcode"), going("waiting")}, "P P -"},
		{"it may ask", []Event{going("waiting"), prompt.says("look at the iPhone"), going("waiting"), prompt, going("passcode"), going("receiving")}, "- P P P P -"},
		{"trust, and then the passcode", []Event{trust, of("waiting", ""), of("preflight", ""), prompt, of("failed", cause.PasscodePromptUnanswered)}, "T T - P N"},
		{"trust, and then another failure", []Event{trust, of("preflight", cause.HostDiskFull), of("failed", cause.HostDiskFull)}, "T T N"},
		{"unlock, unplugged", []Event{of("waiting", cause.DeviceLocked), of("note", ""), of("unplugged", "")}, "U U -"},
		{"not backed up, and then it is", []Event{of("failed", cause.HostDiskFull), of("plugged", ""), done}, "N N B"},
		{"stopped while it asks", []Event{prompt, of("failed", cause.HostShutdown)}, "P -"},
		{"overdue, and then backed up", []Event{done, of("note", cause.BackupOverdue), done.in("r2")}, "B O A"},
		{"asked again after it was answered", []Event{prompt, going("receiving"), prompt.in("r2")}, "P - P"},
		{"asked again because nobody answered", []Event{prompt, of("unplugged", ""), prompt.in("r2"), of("failed", cause.PasscodePromptCancelled).in("r2"), prompt.in("r3")}, "P - - N N"},
		{"another phone's business", []Event{prompt, going("receiving").by(ben, "Ben's"), done.by(ben, "Ben's"), of("unplugged", "").by(ben, "Ben's")}, "P P PB PB"},
	} {
		t.Run(story.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				screen := map[string]string{}
				d := NewDesk(showing(func(_ context.Context, n Notice) error {
					if delete(screen, n.About); n.Title != "withdraw" {
						screen[n.About] = letterOf(n)
					}
					return nil
				}), func(err error) { t.Error(err) })
				defer d.Close()
				b := NewBoard(OpenMemory(""), d)
				var got []string
				for _, e := range story.events {
					e.Time = time.Now()
					b.Tell(e, all)
					synctest.Wait()
					var on []string
					for _, l := range screen {
						on = append(on, l)
					}
					slices.Sort(on)
					slices.Reverse(on)
					got = append(got, strings.Join(on, ""))
					if len(on) == 0 {
						got[len(got)-1] = "-"
					}
					time.Sleep(3 * time.Minute)
				}
				if s := strings.Join(got, " "); s != story.want {
					t.Errorf("on the screen: %s, want %s", s, story.want)
				}
			})
		})
	}
}

// letterOf is a notice in one letter: its title's first, of "Backed up again" the A.
func letterOf(n Notice) string {
	if strings.HasPrefix(n.Title, "Backed up again") {
		return "A"
	}
	if strings.HasPrefix(n.Title, "No recent") {
		return "O"
	}
	return n.Title[:1]
}

// TestBoardSwitchedOff shows nothing, and remembers what it needs.
func TestBoardSwitchedOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var shown []string
		d := NewDesk(showing(func(_ context.Context, n Notice) error {
			if n.Title != "withdraw" {
				shown = append(shown, n.Title)
			}
			return nil
		}), func(error) {})
		defer d.Close()
		b := NewBoard(OpenMemory(""), d)
		for _, e := range []Event{prompt, done, of("failed", cause.HostDiskFull), of("note", cause.BackupOverdue)} {
			e.Time = time.Now()
			b.Tell(e, Settings{})
		}
		synctest.Wait()
		if len(shown) > 0 {
			t.Errorf("shown %q", shown)
		}
	})
}
