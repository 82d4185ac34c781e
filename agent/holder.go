package agent

import (
	"time"

	"homeport/backup/store"
	"homeport/cause"
)

// tellHolder tells that a run waits until it is known whether another computer still
// writes to the folder: for long, unless that one shows itself.
func (v *visit) tellHolder(h store.Holder, long time.Duration) {
	v.tell(Event{Kind: Waiting, Cause: cause.AlreadyRunning, Message: HolderWords(h, long)})
}

// HolderWords say that a holder may still be at a folder, and for how long it is looked
// at.
func HolderWords(h store.Holder, long time.Duration) string {
	who := "another computer"
	switch {
	case h.Here:
		who = "another Homeport on this computer"
	case h.Computer != "":
		who += " (" + h.Computer + ")"
	}
	return who + " may still use this folder; looking for " + cause.Seconds(long.Seconds()).String()
}
