package agent

import (
	"context"

	"homeport/cause"
	"homeport/preflight"
)

// Destinations remembers which store lies at which path, over the life of the
// process: a drive that is not mounted leaves an empty folder behind, and another
// drive may come to the same path. ID answers "" for a path that is not known.
type Destinations interface {
	ID(path string) string
	Learn(path, id string) error
}

// nowhere is the memory of an agent that was given none.
type nowhere struct{}

func (nowhere) ID(string) string           { return "" }
func (nowhere) Learn(string, string) error { return nil }

// storeCheck asks whether what lies at path is a store that a backup can go into:
// the one that was there before, of a format that is known, not inside another
// backup.
func (a *Agent) storeCheck(path string) preflight.Check {
	return preflight.Check{Name: "destination-store", Group: cause.Destination, After: []string{"destination", "destination-safe"},
		Late: cause.DestinationOffline,
		Run: func(context.Context) preflight.Finding {
			st, err := a.stores.read(path)
			if err == nil {
				return preflight.Finding{Err: st.Close()}
			}
			e := cause.From(err)
			return preflight.Finding{Status: preflight.Fail, Cause: e.ID, Evidence: e.Evidence, Err: err}
		}}
}
