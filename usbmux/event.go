package usbmux

import "fmt"

// Kind says what happened.
type Kind string

// The kinds of events.
const (
	// Attached: a link is there. Link is the whole of it.
	Attached Kind = "attached"
	// Detached: a link is gone, or cannot be used because usbmuxd is gone. Link is
	// what it was.
	Detached Kind = "detached"
	// Paired: a pair record was saved for the phone behind Link, by anybody.
	Paired Kind = "paired"
	// ServiceUp: usbmuxd answers. What is plugged in follows as Attached.
	ServiceUp Kind = "serviceUp"
	// ServiceDown: usbmuxd does not answer, or stopped; Err says why. Links stay as
	// they were for a grace of 5 s.
	ServiceDown Kind = "serviceDown"
	// Nonsense: usbmuxd said something that could not be read; Err says what.
	Nonsense Kind = "nonsense"
)

// Event is one thing that a Watcher saw.
type Event struct {
	Kind Kind
	Link Link  // for Attached, Detached, Paired
	Err  error // for ServiceDown and Nonsense
}

// maxLinks is more than any USB tree holds; a usbmuxd that tells of more is
// talking nonsense.
const maxLinks = 1000

// linkTable is what is plugged in, as far as usbmuxd told. Its methods return the
// events that a change makes; it is used by one goroutine.
type linkTable map[int]Link

// attach notes a link. The same link again is no event; another phone or way
// under a known DeviceID means that the old link is gone.
func (t linkTable) attach(link Link) []Event {
	old, known := t[link.DeviceID]
	if !known && len(t) >= maxLinks {
		return []Event{{Kind: Nonsense, Err: fmt.Errorf("attach device %d: more than %d devices", link.DeviceID, maxLinks)}}
	}
	t[link.DeviceID] = link
	switch {
	case !known:
		return []Event{{Kind: Attached, Link: link}}
	case old.UDID != link.UDID || old.Connection != link.Connection:
		return []Event{{Kind: Detached, Link: old}, {Kind: Attached, Link: link}}
	}
	return nil
}

// detach forgets a link; one that is not known is no event.
func (t linkTable) detach(id int) []Event {
	link, known := t[id]
	if !known {
		return nil
	}
	delete(t, id)
	return []Event{{Kind: Detached, Link: link}}
}

// relist makes the table equal to a whole list: first what is gone, then what is
// new.
func (t linkTable) relist(links []Link) []Event {
	listed := make(map[int]bool, len(links))
	for _, link := range links {
		listed[link.DeviceID] = true
	}
	var events []Event
	for id := range t {
		if !listed[id] {
			events = append(events, t.detach(id)...)
		}
	}
	for _, link := range links {
		events = append(events, t.attach(link)...)
	}
	return events
}
