package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"homeport/agent/history"
	"homeport/cause"
	"homeport/configs"
	"homeport/usbmux"
)

// twins tells phones of one name apart: by canonical UDID, the shortest end of it that
// none of the others has. A phone whose name is its own is not in it.
type twins map[string]string

// leastTail is how much of a UDID is shown at least.
const leastTail = 4

// add takes the phones of a list, by UDID and name.
func (n twins) add(names map[string]string) {
	same := map[string][]string{}
	for udid, name := range names {
		same[foldName(name)] = append(same[foldName(name)], usbmux.CanonicalUDID(udid))
	}
	for name, keys := range same {
		if name == "" || len(keys) < 2 {
			continue
		}
		for _, key := range keys {
			n[key] = tailOf(key, keys)
		}
	}
}

// tailOf is the shortest end of key that no other of keys has.
func tailOf(key string, keys []string) string {
	for size := leastTail; size < len(key); size++ {
		tail := key[len(key)-size:]
		if !slices.ContainsFunc(keys, func(k string) bool { return k != key && strings.HasSuffix(k, tail) }) {
			return tail
		}
	}
	return key
}

// label is how a phone is called: by its name, with the end of its UDID when others have the
// same; a phone without a name by its UDID. The end is a PHONE that a verb takes.
func (n twins) label(udid, name string) string {
	if isBlank(clean(name)) {
		return udid
	}
	if tail := n[usbmux.CanonicalUDID(udid)]; tail != "" {
		return name + " (" + tail + ")"
	}
	return name
}

// twinsOf are those that the history knows of; one that cannot be read knows none.
func twinsOf(ctx context.Context, db *history.DB) twins {
	n, names := twins{}, map[string]string{}
	if db == nil {
		return n
	}
	list, err := db.Phones(ctx)
	if err != nil {
		return n
	}
	for _, p := range list {
		names[p.UDID] = p.Name
	}
	n.add(names)
	return n
}

// chooseMet is chooseOne among phones that were ever here.
func chooseMet(list []plugged, name string) ([]plugged, error) {
	found, err := chooseOne(list, name)
	e, ok := errors.AsType[*cause.Error](err)
	if !ok || e.ID != cause.NoSuchPhone || len(list) == 0 {
		return found, err
	}
	return nil, cause.New(e.ID, cause.Evidence{"name": e.Evidence["name"], "met": e.Evidence["phones"]}, e.Err)
}

// nearestFirst sorts phones by how near their names are to one that fits none.
func nearestFirst(list []plugged, name string) []plugged {
	want := foldName(name)
	var names []string
	for _, p := range list {
		names = append(names, foldName(p.phone.Name))
	}
	near, known := configs.Nearest(want, names)
	rank := func(p plugged) int {
		switch folded := foldName(p.phone.Name); {
		case want != "" && strings.Contains(folded, want):
			return 0
		case known && folded == near:
			return 1
		}
		return 2
	}
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(x, y plugged) int { return rank(x) - rank(y) })
	return sorted
}
