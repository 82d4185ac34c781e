package configs

import (
	"encoding/json"
	"net/url"
	"strings"
)

// Notify says what is told on the desktop.
type Notify struct {
	Waiting  bool `yaml:"waiting" json:"waiting"`    // a phone waits for a person
	BackedUp Tell `yaml:"backed_up" json:"backedUp"` // a backup is done
	Failed   bool `yaml:"failed" json:"failed"`      // a phone was not backed up
	Overdue  bool `yaml:"overdue" json:"overdue"`    // a phone has had no backup for long
	Damage   bool `yaml:"damage" json:"damage"`      // a version is damaged, or shrank
}

// Tell says how often something good is told.
type Tell string

// How often something good can be told.
const (
	TellFirst  Tell = "first"  // the first one of each phone
	TellAlways Tell = "always" // each one
	TellNever  Tell = "never"  // none
)

// URL is an address that may hold a key, in its path as often as in its query. It is used,
// and never shown: what prints it gets Hidden.
type URL string

// Hidden is the address with all but its scheme and host left out; "" for none.
func (u URL) Hidden() string {
	parsed, err := url.Parse(string(u))
	if u == "" || err != nil {
		return ""
	}
	return parsed.Scheme + "://" + parsed.Host + "/…"
}

// String is Hidden, so that no message holds a key by accident.
func (u URL) String() string { return u.Hidden() }

// GoString is Hidden too.
func (u URL) GoString() string { return u.Hidden() }

// MarshalYAML writes Hidden, which Load refuses: what is shown is not what is set.
func (u URL) MarshalYAML() (any, error) { return u.Hidden(), nil }

// MarshalJSON writes Hidden.
func (u URL) MarshalJSON() ([]byte, error) { return json.Marshal(u.Hidden()) }

// The bounds and what is allowed.
const (
	maxURL         = 4096
	maxCommand     = 8192
	allowedURL     = "an address such as https://example.org/hook, or nothing"
	allowedCommand = "one shell command"
	allowedLimit   = "a time from 1s to 24h, such as 5m"
	// unshown stands for a value that may hold a key.
	unshown = "(not shown)"
)

func (l *loader) notify() Notify {
	return Notify{
		Waiting:  l.yes("notify.waiting"),
		BackedUp: Tell(l.choice("notify.backed_up", string(TellFirst), string(TellAlways), string(TellNever))),
		Failed:   l.yes("notify.failed"),
		Overdue:  l.yes("notify.overdue"),
		Damage:   l.yes("notify.damage"),
	}
}

func (l *loader) yes(key string) bool { return l.choice(key, "true", "false") == "true" }

// url reads an address that may hold a key: one that is wrong is not shown either.
func (l *loader) url(key string) URL {
	s := strings.TrimSpace(l.text(key))
	if s == "" {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || len(s) > maxURL || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || strings.Contains(s, "…") {
		l.wrong(key, unshown, allowedURL)
	}
	return URL(s)
}

// command reads a shell line.
func (l *loader) command(key string) string {
	s := strings.TrimSpace(l.text(key))
	if strings.ContainsRune(s, 0) || len(s) > maxCommand {
		l.wrong(key, unshown, allowedCommand)
	}
	return s
}

// limit reads how long a command may take.
func (l *loader) limit(key string) Duration {
	d, err := ParseDuration(l.text(key))
	if err != nil || d < durationSecond || d > durationDay {
		l.wrong(key, l.text(key), allowedLimit)
	}
	return d
}

const (
	durationSecond = Duration(1e9)
	durationDay    = 24 * 3600 * durationSecond
)
