package agent

import (
	"slices"
	"strings"
	"testing"

	"homeport/backup/store"
	"homeport/cause"
)

// notes are the messages that belong to no failure.
func (d *diary) notes() []string {
	var list []string
	for _, e := range d.all(Service) {
		list = append(list, e.Message)
	}
	return list
}

// TestPruneFollowsTheSettings makes versions under one policy and goes on under
// another: each run removes what its own does not keep, and tells it.
func TestPruneFollowsTheSettings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.phone.Attach()
	w.configure(t, map[string]string{"keep.last": "1", "keep.within": "1d"})
	for range 3 {
		w.phone.Modify(5)
		if o := w.backup(t, Request{}); o.Err != nil {
			t.Fatal(o.Err)
		}
	}
	if list := w.versions(t, udidAnna); len(list) != 3 {
		t.Fatalf("within a day: %+v", list)
	}
	w.configure(t, map[string]string{"keep.last": "1"})
	w.phone.Modify(5)
	if o := w.backup(t, Request{}); o.Err != nil {
		t.Fatal(o.Err)
	}
	if list := w.versions(t, udidAnna); len(list) != 1 {
		t.Fatalf("the last one: %+v", list)
	}
	if !slices.ContainsFunc(w.diary.notes(), func(s string) bool { return strings.Contains(s, "3 versions") }) {
		t.Errorf("told: %q", w.diary.notes())
	}
}

// TestRoomIsMade begins a run on a drive without room: what the policy no longer
// keeps goes first, and is told; what it keeps stays, and the run is refused.
func TestRoomIsMade(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.phone.Attach()
	for range 3 {
		w.phone.Modify(5)
		if o := w.backup(t, Request{}); o.Err != nil {
			t.Fatal(o.Err)
		}
	}
	before := w.versions(t, udidAnna)
	pin := func(v store.Version) {
		st, err := store.Open(w.dest, store.Options{})
		must(t, err)
		must(t, st.Pin(v, "asked"))
		must(t, st.Close())
	}
	pin(before[2])
	w.configure(t, map[string]string{"keep.last": "1", "reserve": "7000TiB"})
	if id, _ := cause.Of(w.backup(t, Request{}).Err); id != cause.HostDiskFull {
		t.Errorf("without room: %q", id)
	}
	after := w.versions(t, udidAnna)
	if len(after) != 2 || after[0].ID != before[0].ID || after[1].ID != before[2].ID {
		t.Errorf("left: %+v", after)
	}
	made := func() (n int) {
		for _, s := range w.diary.notes() {
			if strings.HasPrefix(s, "to make room, version "+string(before[1].ID)) {
				n++
			}
		}
		return n
	}
	w.backup(t, Request{}) // has nothing more to remove
	if made() != 1 {
		t.Errorf("told: %q", w.diary.notes())
	}
}
