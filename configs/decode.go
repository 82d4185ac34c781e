package configs

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// The bounds of numbers.
const (
	maxParallel = 16
	maxKeep     = 100_000
	maxLogDays  = 36_500
)

// What is allowed, as an error tells it.
const (
	allowedFolder   = "the full path of a folder"
	allowedProgram  = "the full path of a program"
	allowedDuration = "a time such as 30m, 24h or 7d, or 0"
	allowedSize     = "a size such as 500MB or 1GiB"
	allowedRate     = "a size such as 20MiB, which is read in a second at most, or 0"
	allowedUDID     = "a UDID as homeport devices shows it"
)

// config turns the gathered text into values.
func (l *loader) config() Config {
	return Config{
		Destination: l.folder("destination", l.paths.Destination),
		Engine:      Engine(l.choice("engine", engineNames...)),
		EnginePath:  l.path("engine_path", "", allowedProgram),
		MinInterval: value(l, "min_interval", allowedDuration, ParseDuration),
		Overdue:     value(l, "overdue", allowedDuration, ParseDuration),
		MaxParallel: l.number("max_parallel", maxParallel),
		Mirror:      l.choice("mirror", "true", "false") == "true",
		Reserve:     value(l, "reserve", allowedSize, ParseSize),
		NewPhones:   NewPhones(l.choice("new_phones", string(BackupNew), string(AskNew), string(IgnoreNew))),
		Keep:        l.keep(),
		Scrub: Scrub{
			Every: value(l, "scrub.every", allowedDuration, ParseDuration),
			Rate:  value(l, "scrub.rate", allowedRate, parseRate),
		},
		Log: Log{
			Level: l.choice("log.level", "debug", "info", "warn", "error"),
			Dir:   l.folder("log.dir", l.paths.LogDir),
			Days:  l.number("log.days", maxLogDays),
		},
		PasswordCommand: l.text("password_command"),
		Notify:          l.notify(),
		Webhook:         l.url("webhook"),
		Healthcheck:     l.url("healthcheck"),
		Before:          l.command("before"),
		BeforeLimit:     l.limit("before_limit"),
		After:           l.command("after"),
		AfterLimit:      l.limit("after_limit"),
		StatusPage:      l.yes("status_page"),
		Metrics: Metrics{
			Listen:   l.loopback("metrics.listen"),
			Textfile: l.textfile("metrics.textfile"),
		},

		Phones:  l.phones(),
		sources: l.sources,
	}
}

// phones reads the list. The values of its entries get names of their own, so that
// the same rules and errors hold for them.
func (l *loader) phones() []Phone {
	list, _ := l.viper.Get(listKey).([]any)
	phones := make([]Phone, 0, len(list))
	seen := map[string]bool{}
	for i, entry := range list {
		tree, ok := entry.(map[string]any)
		if !ok {
			continue // its shape is a problem already
		}
		p := l.phone(fmt.Sprintf("%s[%d]", listKey, i), tree)
		if folded := foldUDID(p.UDID); seen[folded] {
			l.wrong(fmt.Sprintf("%s[%d].udid", listKey, i), p.UDID, "a phone that is listed only once")
		} else {
			seen[folded] = true
		}
		phones = append(phones, p)
	}
	return phones
}

func (l *loader) phone(path string, tree map[string]any) Phone {
	set := map[string]string{}
	for _, key := range leaves(tree, "") {
		if text, ok := lookup(tree, key); ok {
			set[key] = text
			l.entries[path+"."+key] = text
		}
	}
	at := func(key string) string { return path + "." + key } // "phones[0].keep.last"
	p := Phone{UDID: set["udid"], Name: set["name"]}
	if !validUDID(p.UDID) {
		l.wrong(at("udid"), p.UDID, allowedUDID)
	}
	if _, ok := set["destination"]; ok {
		p.Destination = l.folder(at("destination"), "")
	}
	if _, ok := set["engine"]; ok {
		p.Engine = Engine(l.choice(at("engine"), engineNames...))
	}
	if _, ok := set["enabled"]; ok {
		on := l.choice(at("enabled"), "true", "false") == "true"
		p.Enabled = &on
	}
	if _, ok := set["min_interval"]; ok {
		d := value(l, at("min_interval"), allowedDuration, ParseDuration)
		p.MinInterval = &d
	}
	if _, ok := set["mirror"]; ok {
		on := l.choice(at("mirror"), "true", "false") == "true"
		p.Mirror = &on
	}
	p.Keep = l.phoneKeep(at, func(key string) bool { _, ok := set[key]; return ok })
	return p
}

// mirrors refuses a mirror for an engine that changes files in place.
func (l *loader) mirrors(c Config) {
	const allowed = "false, or engine: auto or native, since idevicebackup2 changes files in place"
	if c.Mirror && c.Engine == EngineLibimobiledevice {
		l.wrong("mirror", "true", allowed)
	}
	for i, p := range c.Phones {
		own := c.For(p.UDID)
		if (p.Mirror != nil || p.Engine != "") && own.Mirror && own.Engine == EngineLibimobiledevice {
			l.wrong(fmt.Sprintf("%s[%d].mirror", listKey, i), "true", allowed)
		}
	}
}

// lookup finds a dotted key in a tree of maps.
func lookup(tree map[string]any, key string) (string, bool) {
	first, rest, deeper := strings.Cut(key, ".")
	if !deeper {
		s, ok := tree[first].(string)
		return s, ok
	}
	inner, _ := tree[first].(map[string]any)
	return lookup(inner, rest)
}

func (l *loader) text(key string) string {
	if s, ok := l.entries[key]; ok {
		return s
	}
	s, _ := l.viper.Get(key).(string)
	return s
}

func (l *loader) wrong(key, value, allowed string) {
	l.problems = append(l.problems, invalid(key, l.place(key), value, allowed))
}

func (l *loader) choice(key string, allowed ...string) string {
	s := l.text(key)
	if !slices.Contains(allowed, s) {
		l.wrong(key, s, oneOf(allowed))
	}
	return s
}

func (l *loader) number(key string, most int) int { return l.between(key, 1, most) }

func (l *loader) between(key string, least, most int) int {
	n, err := strconv.Atoi(l.text(key))
	if err != nil || n < least || n > most {
		l.wrong(key, l.text(key), fmt.Sprintf("a whole number from %d to %d", least, most))
	}
	return n
}

func value[T any](l *loader, key, allowed string, parse func(string) (T, error)) T {
	v, err := parse(l.text(key))
	if err != nil {
		l.wrong(key, l.text(key), allowed)
	}
	return v
}

// folder reads the absolute path of a folder; nothing is usual.
func (l *loader) folder(key, usual string) string { return l.path(key, usual, allowedFolder) }

// path reads an absolute path; "~/" is the home folder, nothing is usual.
func (l *loader) path(key, usual, allowed string) string {
	s := l.text(key)
	if s == "" {
		return usual
	}
	if rest, ok := strings.CutPrefix(s, "~"); ok && (rest == "" || os.IsPathSeparator(rest[0])) {
		if home, err := os.UserHomeDir(); err == nil {
			s = home + rest
		}
	}
	if !filepath.IsAbs(s) || strings.ContainsRune(s, 0) {
		l.wrong(key, s, allowed)
	}
	return filepath.Clean(s)
}

// validUDID knows the two forms that phones have: 40 hex digits, or 8 and 16
// with a dash that some programs leave out.
func validUDID(s string) bool {
	folded := foldUDID(s)
	_, err := hex.DecodeString(folded)
	return err == nil && (len(folded) == 40 || len(folded) == 24) && strings.Count(s, "-") <= 1
}

func oneOf(list []string) string {
	last := len(list) - 1
	if last == 0 {
		return list[0]
	}
	return strings.Join(list[:last], ", ") + " or " + list[last]
}
