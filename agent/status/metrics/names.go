package metrics

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"homeport/agent/history"
	"homeport/agent/status"
)

// names are the labels of phones, by UDID without case and dash. Two phones of one name
// have different ones: a label must not mean now this phone and now that.
type names map[string]named

type named struct{ name, label string }

// maxLabel is how many characters a phone's name may have.
const maxLabel = 64

// of is the label of a phone, which stays the same while its name does. A phone of which
// no name is known now keeps the one that it had.
func (n names) of(udid, name string) string {
	key := status.FoldUDID(udid)
	name = readable(name)
	old, known := n[key]
	if known && (name == "" || name == old.name) {
		return old.label
	}
	base := name
	if base == "" {
		base = "iPhone without a name"
	}
	label := base
	for i := 2; n.taken(label, key); i++ {
		label = fmt.Sprintf("%s (%d)", base, i)
	}
	n[key] = named{name, label}
	return label
}

// first gives phones their labels in the order in which they were first seen.
func (n names) first(phones []history.Phone) {
	list := slices.SortedFunc(slices.Values(phones), func(x, y history.Phone) int {
		return cmp.Or(x.FirstSeen.Compare(y.FirstSeen), cmp.Compare(x.UDID, y.UDID))
	})
	for _, p := range list {
		n.of(p.UDID, p.Name)
	}
}

func (n names) taken(label, except string) bool {
	for key, other := range n {
		if key != except && other.label == label {
			return true
		}
	}
	return false
}

// readable is a name that somebody gave, without what cannot be seen.
func readable(name string) string {
	clean := strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, name)
	if list := []rune(clean); len(list) > maxLabel {
		clean = string(list[:maxLabel])
	}
	return strings.TrimSpace(clean)
}

// place is a folder as a label, which must be UTF-8; the path of one need not be.
func place(path string) string {
	if utf8.ValidString(path) {
		return path
	}
	quoted := strconv.Quote(path)
	return quoted[1 : len(quoted)-1]
}
