package configs

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"homeport/cause"
)

var testPaths = Paths{ConfigFile: "/nowhere/config.yaml", StateDir: "/state", LogDir: "/log", Destination: "/backups"}

// write puts settings into a file of its own.
func write(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func mustLoad(t *testing.T, o Options) Config {
	t.Helper()
	c, err := load(o, testPaths)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var defaults = Config{
	Destination: "/backups", Engine: EngineAuto, MinInterval: Duration(24 * time.Hour), Overdue: Duration(14 * 24 * time.Hour), MaxParallel: 2, Reserve: 1 << 30,
	NewPhones: BackupNew, Keep: Keep{Last: 3}, Scrub: Scrub{Every: Duration(7 * 24 * time.Hour), Rate: 20 << 20}, Log: Log{Level: "info", Dir: "/log", Days: 90}, Phones: []Phone{},
	Notify: Notify{Waiting: true, BackedUp: TellFirst, Failed: true, Overdue: true, Damage: true}, BeforeLimit: Duration(5 * time.Minute), AfterLimit: Duration(time.Hour),
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{
		"no file":      {},
		"empty file":   {File: write(t, "")},
		"only words":   {File: write(t, "# nothing\n")},
		"the sample":   {File: write(t, string(defaultYAML))},
		"empty phones": {File: write(t, "phones:\n")},
	} {
		got := mustLoad(t, o)
		if diff := cmp.Diff(defaults, got, cmpopts.IgnoreUnexported(Config{})); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// TestSampleShowsEveryKey holds that the sample and the schema are one.
func TestSampleShowsEveryKey(t *testing.T) {
	t.Parallel()
	r := reader{file: "default.yaml"}
	got := leaves(r.read(defaultYAML), "")
	slices.Sort(got)
	want := append(fileSchema.keys(), listKey)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for name := range phoneSchema {
		if !strings.Contains(string(defaultYAML), "#     "+name+":") && name != "udid" {
			t.Errorf("the sample does not show phones.%s", name)
		}
	}
}

// TestSamplePhones holds that the commented list in the sample is right.
func TestSamplePhones(t *testing.T) {
	t.Parallel()
	_, list, _ := strings.Cut(string(defaultYAML), "# phones:")
	list, _, _ = strings.Cut(list, "phones: []")
	text := "phones:" + strings.ReplaceAll(list, "\n# ", "\n  ")
	c := mustLoad(t, Options{File: write(t, text)})
	p := c.For("00008120000a11223344001e")
	want := PhoneConfig{UDID: "00008120000a11223344001e", Name: "Anna's iPhone", Listed: true, Enabled: true,
		Destination: "/media/anna/Backups", Engine: EngineNative, MinInterval: Duration(7 * 24 * time.Hour), Mirror: true, Keep: Keep{Last: 10, Monthly: 12}}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
}

func TestWhoWins(t *testing.T) {
	t.Parallel()
	file := write(t, "keep: {last: 5}\nmax_parallel: 3\nlog:\n  days: 7\n")
	c := mustLoad(t, Options{
		File:    file,
		Environ: []string{"HOMEPORT_KEEP_LAST=6", "HOMEPORT_LOG_DAYS=8", "HOMEPORT_ENGINE=", "PATH=/bin", "HOMEPORT_CONFIG=x", "HOMEPORT_TEST_CHILD=1", "HOMEPORT_RUN_PHONE=Anna", "HOMEPORT_RUN_RESERVE=x"},
		Flags:   map[string]string{"log.days": "9"},
	})
	if c.MaxParallel != 3 || c.Keep.Last != 6 || c.Log.Days != 9 || c.Log.Level != "info" || c.Engine != EngineAuto {
		t.Errorf("got %+v", c)
	}
	for key, want := range map[string]string{"max_parallel": file, "keep.last": "env HOMEPORT_KEEP_LAST", "log.days": "flag", "engine": "default"} {
		if got := c.Source(key); got != want {
			t.Errorf("Source(%s) = %q, want %q", key, got, want)
		}
	}
}

func TestForPhone(t *testing.T) {
	t.Parallel()
	const digits = "1234567890123456789012345678901234567890"
	c := mustLoad(t, Options{File: write(t, `
destination: /srv/b
new_phones: ask
phones:
  - udid: `+digits+`
    enabled: false
  - udid: 00008120-000A11223344001E
    name: "12"
    min_interval: 0
`)})
	off := c.For(digits)
	if off.Enabled || !off.Listed || off.Destination != "/srv/b" || off.Keep.Last != 3 {
		t.Errorf("got %+v", off)
	}
	on := c.For("00008120000a11223344001e")
	if !on.Enabled || on.Name != "12" || on.MinInterval != 0 || on.Engine != EngineAuto {
		t.Errorf("got %+v", on)
	}
	if other := c.For("ffff"); other.Listed || other.Enabled {
		t.Errorf("a new phone is asked for, not backed up: %+v", other)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text          string
		key, value    string
		allowed, says string
	}{
		{"destinaton: /x", "destinaton", "", "destination", "line 1"},
		{"ftp: /x", "ftp", "", "after, after_limit, before, before_limit, destination, engine, engine_path, healthcheck, keep, log,", "unknown key ftp"},
		{"webhook: /k3y", "webhook", unshown, "https://example.org", ""},
		{"webhook: ftp://example.org/k3y", "webhook", unshown, "https://example.org", ""},
		{"healthcheck: https://", "healthcheck", unshown, "https://example.org", ""},
		{"healthcheck: \"https://hc-ping.com/…\"", "healthcheck", unshown, "https://example.org", ""},
		{"notify: {waiting: sometimes}", "notify.waiting", "sometimes", "true or false", ""},
		{"notify: {backed_up: true}", "notify.backed_up", "true", "first, always or never", ""},
		{"notify: {backup: true}", "notify.backup", "", "notify.backed_up", ""},
		{"notify: never", "notify", "never", "names with values", ""},
		{"before: [mount, /mnt]", "before", "a list", "a single value", ""},
		{"before_limit: 0", "before_limit", "0", "from 1s to 24h", ""},
		{"after_limit: 2d", "after_limit", "2d", "from 1s to 24h", ""},
		{"log: {color: red}", "log.color", "", "log.days, log.dir or log.level", "unknown key log.color"},
		{"keep: {yearly: 2}", "keep.yearly", "", "keep.weekly", "unknown key"},
		{"keep: {forever: 2}", "keep.forever", "", "keep.daily, keep.last, keep.monthly, keep.size, keep.weekly or keep.within", "unknown key"},
		{"keep: {daily: -1}", "keep.daily", "-1", "from 0 to", ""},
		{"keep: {within: 30}", "keep.within", "30", "30m, 24h", ""},
		{"keep: {size: big}", "keep.size", "big", "1GiB", ""},
		{"scrub: {every: often}", "scrub.every", "often", "30m, 24h", ""},
		{"scrub: {rate: fast}", "scrub.rate", "fast", "in a second", ""},
		{"scrub: weekly", "scrub", "weekly", "names with values", ""},
		{"phones: [{udid: 00008120-000A11223344001E, keep: {size: x}}]", "phones[0].keep.size", "x", "1GiB", ""},
		{"phones: [{udid: 00008120-000A11223344001E, keep: {wekly: 1}}]", "phones[0].keep.wekly", "", "phones[0].keep.weekly", ""},
		{"Destination: /x", "Destination", "", "destination", "unknown key"},
		{"a: 1\nmin_interva: 1h", "a", "", "", "unknown key a"},
		{"keep:\n  lst: 3", "keep.lst", "", "keep.last", "line 2"},
		{"keep: 3", "keep", "3", "names with values", ""},
		{"keep: {last: 0}", "keep.last", "0", "whole number", ""},
		{"keep: {last: many}", "keep.last", "many", "whole number", ""},
		{"keep:\n  last:\n", "keep.last", "", "a value", ""},
		{"engine: fast", "engine", "fast", "auto, native or libimobiledevice", ""},
		{"engine: [auto]", "engine", "a list", "a single value", ""},
		{"min_interval: 24", "min_interval", "24", "30m, 24h", ""},
		{"min_interval: -1h", "min_interval", "-1h", "30m, 24h", ""},
		{"overdue: 14", "overdue", "14", "30m, 24h", ""},
		{"reserve: lots", "reserve", "lots", "1GiB", ""},
		{"reserve: 9000000TiB", "reserve", "9000000TiB", "1GiB", ""},
		{"max_parallel: 17", "max_parallel", "17", "1 to 16", ""},
		{"destination: backups", "destination", "backups", "full path", ""},
		{"log: {level: loud}", "log.level", "loud", "debug, info, warn or error", ""},
		{"new_phones: yes", "new_phones", "yes", "backup, ask or ignore", ""},
		{"phones: {udid: x}", "phones", "a group", "a list", ""},
		{"phones: [x]", "phones[0]", "x", "names with values", ""},
		{"phones: [{udid: ../../etc}]", "phones[0].udid", "../../etc", "a UDID", ""},
		{"phones: [{name: Anna}]", "phones[0].udid", "", "a UDID", ""},
		{"phones: [{udid: 00008120-000A11223344001E, enabled: maybe}]", "phones[0].enabled", "maybe", "true or false", ""},
		{"phones: [{udid: 00008120-000A11223344001E, keep: {last: -1}}]", "phones[0].keep.last", "-1", "whole number", ""},
		{"phones: [{udid: 00008120-000A11223344001E, kep: 1}]", "phones[0].kep", "", "phones[0].keep", ""},
		{"phones: [{udid: 00008120-000A11223344001E}, {udid: 00008120000a11223344001e}]", "phones[1].udid", "00008120000a11223344001e", "only once", ""},
		{"engine: auto\nengine: native", "engine", "native", "twice", ""},
		{"engine: &a auto\nnew_phones: *a", "new_phones", "*a", "a single value", ""},
	}
	for _, tt := range tests {
		file := write(t, tt.text)
		_, err := load(Options{File: file}, testPaths)
		e := cause.From(err)
		if e == nil || e.ID != cause.ConfigInvalid {
			t.Errorf("%q: got %v", tt.text, err)
			continue
		}
		if e.Evidence["key"] != tt.key || tt.value != "" && e.Evidence["value"] != tt.value {
			t.Errorf("%q: evidence %v", tt.text, e.Evidence)
		}
		if place, _ := e.Evidence["file"].(string); !strings.HasPrefix(place, file) {
			t.Errorf("%q: file %q", tt.text, place)
		}
		if allowed, _ := e.Evidence["allowed"].(string); !strings.Contains(allowed, tt.allowed) {
			t.Errorf("%q: allowed %q, want %q", tt.text, allowed, tt.allowed)
		}
		if !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%q: %v, want %q", tt.text, err, tt.says)
		}
		if e.ExitCode() != cause.ExitUsage {
			t.Errorf("%q: exit code %d", tt.text, e.ExitCode())
		}
	}
}

func TestEveryProblemIsTold(t *testing.T) {
	t.Parallel()
	_, err := load(Options{File: write(t, "engin: auto\nreserve: x\n"), Environ: []string{"HOMEPORT_KEEP_LAT=1", "HOMEPORT_LOG_LEVEL=x"},
		Flags: map[string]string{"destination": "rel"}}, testPaths)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"engin", "reserve", "HOMEPORT_KEEP_LAST", "the environment (HOMEPORT_LOG_LEVEL)", "the command line"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nlacks %q", err, want)
		}
	}
}

func TestBadFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, tt := range map[string]struct{ file, says string }{
		"missing":          {filepath.Join(dir, "none.yaml"), "it is not there"},
		"a folder":         {dir, "it is a folder"},
		"no YAML":          {write(t, "a: [1\nb: }"), "line 1"},
		"a tab":            {write(t, "keep:\n\tlast: 3"), "line 2 is indented with a tab"},
		"an open quote":    {write(t, "engine: auto\ndestination: \"/srv\nreserve: 1GB\n"), "line 2 has a quote that is not closed: destination: \"/srv"},
		"two colons":       {write(t, "engine: auto: native"), "line 1 (mapping values are not allowed in this context): engine: auto: native"},
		"too long":         {write(t, strings.Repeat("# x\n", maxFile/4+1)), "larger than 1 MB"},
		"a bomb":           {write(t, "a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: [*b,*b,*b,*b]\n"), ""},
		"binary":           {write(t, "\x00\x01\x02"), "line 1 holds bytes that are no text"},
		"NUL in a comment": {write(t, "engine: auto\n# \x00"), "line 2 holds bytes that are no text"},
		"Latin 1":          {write(t, "phones:\n# \xc4nna"), "line 2 holds bytes that are no text"},
		"a scalar":         {write(t, "hello"), ""},
	} {
		_, err := load(Options{File: tt.file}, testPaths)
		e := cause.From(err)
		if e == nil || e.ID != cause.ConfigInvalid || e.ExitCode() != cause.ExitUsage {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s := e.Sentence(); !strings.Contains(s, tt.says) || !strings.Contains(s, tt.file) {
			t.Errorf("%s: %s", name, s)
		}
	}
}

// TestEmptyIsDefault holds that the sample, used as it is, changes no source: an
// empty text in it asks for the default.
func TestEmptyIsDefault(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, Options{File: write(t, string(defaultYAML))})
	for _, key := range []string{"log.dir", "destination", "password_command"} {
		if got := c.Source(key); got != "default" {
			t.Errorf("%s comes from %s", key, got)
		}
	}
}

func TestShowRoundTrip(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, Options{File: write(t, `
destination: "/srv/with # and: colon"
min_interval: 1h30m
reserve: 1500MB
phones:
  - {udid: 00008120-000A11223344001E, name: "Änna: \"x\"", enabled: false, min_interval: 2w, keep: {last: 1, within: 30d, size: 1TiB}}
`)})
	text, err := Show(c)
	if err != nil {
		t.Fatal(err)
	}
	again := mustLoad(t, Options{File: write(t, string(text))})
	if diff := cmp.Diff(c, again, cmpopts.IgnoreUnexported(Config{})); diff != "" {
		t.Errorf("%s\n%s", text, diff)
	}
	for _, want := range []string{"max_parallel: 2 # default\n", "reserve: 1500MB # " + c.Source("reserve"), "phones: # " + c.Source("phones")} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s\nlacks %q", text, want)
		}
	}
	if !strings.Contains(string(text), "min_interval: 1h30m") || !strings.Contains(string(text), "reserve: 1500MB") {
		t.Errorf("got\n%s", text)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(mustLoad(t, Options{}))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"destination":"/backups","engine":"auto","enginePath":"","minInterval":86400,"overdue":1209600,"maxParallel":2,"reserve":1073741824,"mirror":false,"newPhones":"backup","keep":{"last":3,"daily":0,"weekly":0,"monthly":0,"within":0,"size":0},"scrub":{"every":604800,"rate":20971520},"log":{"level":"info","dir":"/log","days":90},"passwordCommand":"","notify":{"waiting":true,"backedUp":"first","failed":true,"overdue":true,"damage":true},"webhook":"","healthcheck":"","before":"","beforeLimit":300,"after":"","afterLimit":3600,"statusPage":false,"metrics":{"listen":"","textfile":""},"phones":[]}`
	if string(b) != want {
		t.Errorf("got %s", b)
	}
}

func TestInit(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "new", "folder", "config.yaml")
	if err := Init(name, ""); err != nil {
		t.Fatal(err)
	}
	mustLoad(t, Options{File: name})
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := os.WriteFile(name, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Init(name, ""); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second Init: %v", err)
	}
	if got, _ := os.ReadFile(name); string(got) != "mine" {
		t.Errorf("overwritten with %q", got)
	}
}

// TestInitFillsIn writes destinations with signs that YAML has a meaning for, and reads
// them back: all else stays as it is.
func TestInitFillsIn(t *testing.T) {
	t.Parallel()
	for i, dir := range []string{"/media/anna/My Disk", `/a "b" 'c' \d`, "/ünï/日本", "/#no: yes - {x}", "/<&>", "/" + strings.Repeat("long/", 200) + "x"} {
		if os.PathSeparator == '\\' {
			dir = `C:` + filepath.FromSlash(dir)
		}
		name := filepath.Join(t.TempDir(), strconv.Itoa(i), "config.yaml")
		if err := Init(name, dir); err != nil {
			t.Fatal(err)
		}
		cfg, err := load(Options{File: name}, testPaths)
		if err != nil || cfg.Destination != dir || cfg.MinInterval != Duration(24*time.Hour) {
			t.Errorf("%q: %q, %v", dir, cfg.Destination, err)
		}
	}
	if err := Init(filepath.Join(t.TempDir(), "c.yaml"), "/\xff"); err == nil {
		t.Error("a path that is no text was written")
	}
}

// TestInitCannot holds that a sample that cannot be written is told as that.
func TestInitCannot(t *testing.T) {
	t.Parallel()
	file := write(t, "")
	err := Init(filepath.Join(file, "below", "config.yaml"), "")
	e := cause.From(err)
	if e == nil || e.ID != cause.ConfigInvalid || !strings.Contains(e.Sentence(), "cannot be used: "+file) {
		t.Errorf("%v", err)
	}
}

func TestTilde(t *testing.T) {
	t.Parallel()
	home, err := os.UserHomeDir()
	if err != nil {
		t.Skip(err)
	}
	for text, want := range map[string]string{"~/b": filepath.Join(home, "b"), "\"~\"": home, "/a/../b//": "/b"} {
		if got := mustLoad(t, Options{File: write(t, "destination: "+text)}).Destination; got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	env := map[string]string{"XDG_STATE_HOME": "relative", "XDG_DATA_HOME": "/data", "LOCALAPPDATA": `C:\L`, "APPDATA": `C:\R`}
	p := pathsUnder(filepath.FromSlash("/home/a"), func(name string) string { return env[name] })
	for _, dir := range []string{p.ConfigFile, p.StateDir, p.LogDir, p.Destination} {
		if dir == "" || strings.Contains(dir, "relative") || !strings.Contains(strings.ToLower(dir), "homeport") {
			t.Errorf("got %q", dir)
		}
	}
}

// FuzzLoad holds that any file gives settings within their bounds, or an error
// that says which key is wrong.
func FuzzLoad(f *testing.F) {
	f.Add(defaultYAML)
	f.Add([]byte("phones: [{udid: 00008120-000A11223344001E, keep: {last: 1}}]"))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("keep: {<<: {last: 3}}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := load(Options{File: write(t, string(data))}, testPaths)
		if err != nil {
			if id, _ := cause.Of(err); id != cause.ConfigInvalid {
				t.Fatalf("an error without a cause: %v", err)
			}
			return
		}
		if c.Keep.Last < 1 || c.MaxParallel < 1 || c.Reserve < 0 || c.MinInterval < 0 || !filepath.IsAbs(c.Destination) {
			t.Fatalf("out of bounds: %+v", c)
		}
	})
}

// TestKeepOfAPhone holds that each rule of a phone takes the place of the general
// one, and the others stay.
func TestKeepOfAPhone(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, Options{
		File: write(t, `
keep: {last: 5, daily: 7, weekly: 4, monthly: 12, within: 30d, size: 500GB}
scrub: {every: 30d, rate: 5MB/s}
phones:
  - udid: 00008120-000A11223344001E
    keep: {daily: 0, size: 0}
  - udid: 00008120-000A11223344002E
    keep: {last: 9}
`),
		Environ: []string{"HOMEPORT_KEEP_MONTHLY=6"},
	})
	general := Keep{Last: 5, Daily: 7, Weekly: 4, Monthly: 6, Within: Duration(30 * 24 * time.Hour), Size: 500e9}
	if c.Keep != general || c.Scrub != (Scrub{Every: Duration(30 * 24 * time.Hour), Rate: 5e6}) {
		t.Errorf("general: %+v, %+v", c.Keep, c.Scrub)
	}
	first, second := general, general
	first.Daily, first.Size, second.Last = 0, 0, 9
	for udid, want := range map[string]Keep{"00008120000a11223344001e": first, "00008120000a11223344002e": second, "x": general} {
		if got := c.For(udid).Keep; got != want {
			t.Errorf("%s: %+v, want %+v", udid, got, want)
		}
	}
}
