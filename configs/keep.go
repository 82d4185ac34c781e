package configs

import "strings"

// keep reads the general rules of what stays.
func (l *loader) keep() Keep {
	return Keep{
		Last:    l.number("keep.last", maxKeep),
		Daily:   l.between("keep.daily", 0, maxKeep),
		Weekly:  l.between("keep.weekly", 0, maxKeep),
		Monthly: l.between("keep.monthly", 0, maxKeep),
		Within:  value(l, "keep.within", allowedDuration, ParseDuration),
		Size:    value(l, "keep.size", allowedSize+", or 0", ParseSize),
	}
}

// phoneKeep reads the rules of one phone; nil when it has none. at gives the full
// name of a key, set says whether it was written.
func (l *loader) phoneKeep(at func(string) string, set func(string) bool) *PhoneKeep {
	var k PhoneKeep
	count := func(key string, least int, to **int) {
		if set(key) {
			n := l.between(at(key), least, maxKeep)
			*to = &n
		}
	}
	count("keep.last", 1, &k.Last)
	count("keep.daily", 0, &k.Daily)
	count("keep.weekly", 0, &k.Weekly)
	count("keep.monthly", 0, &k.Monthly)
	if set("keep.within") {
		d := value(l, at("keep.within"), allowedDuration, ParseDuration)
		k.Within = &d
	}
	if set("keep.size") {
		n := value(l, at("keep.size"), allowedSize+", or 0", ParseSize)
		k.Size = &n
	}
	if k == (PhoneKeep{}) {
		return nil
	}
	return &k
}

// parseRate reads a size that holds for a second, written with or without "/s".
func parseRate(s string) (Size, error) {
	return ParseSize(strings.TrimSuffix(strings.TrimSpace(s), "/s"))
}
