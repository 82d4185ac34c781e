package main

import (
	"bytes"
	"context"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"homeport/agent"
	"homeport/agent/history"
	"homeport/backup/idevicebackup2"
	"homeport/backup/store"
	"homeport/cause"
	"homeport/configs"
	"homeport/usbmux"
)

// unfolded keeps a page from being folded: a name must not be in two lines.
const unfolded = 10_000

// How much of the history goes into a report.
const (
	reportDays = 90
	reportRuns = 1000
)

// collected is what a report is made of, before anything is taken out of it.
type collected struct {
	facts    any
	findings any    // of doctor, as its JSON
	page     string // of doctor, as a person sees it
	config   configs.Config
	versions []store.Version
	stats    []any
	history  []history.Run
	log      []string
	older    []string // lines of the log that are only learned from
}

// makeBundle asks what there is to ask, learns who is in it, and takes that out.
func (a *app) makeBundle(ctx context.Context) (*bundle, error) {
	limited, cancel := context.WithTimeout(ctx, reportLimit)
	defer cancel()
	c := a.collect(limited)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	r := c.redactor(a)
	b := &bundle{files: map[string][]byte{}, made: time.Now()}
	b.add(r, "facts.json", "this computer: systems, versions, what answers", c.facts)
	b.put(r, "doctor.txt", "what homeport doctor says", []byte(r.lines(c.page)))
	b.add(r, "doctor.json", "the same, with all evidence", c.findings)
	b.add(r, "config.json", "the settings in force", decoded(withoutCommands(c.config)))
	b.add(r, "versions.json", "the backups that are kept", shortVersions(c.versions))
	b.add(r, "history.json", "what happened in the last "+strconv.Itoa(reportDays)+" days", decoded(c.history))
	b.add(r, "statistics.json", "sizes and times of backups, by phone", decoded(c.stats))
	b.put(r, "log.jsonl", "the last "+count(len(c.log), "line", "lines")+" of the log", redactLog(r, c.log))
	b.readme(r)
	return b, nil
}

// collect asks for everything. What cannot be had is told in the facts.
func (a *app) collect(ctx context.Context) *collected {
	c := &collected{}
	problems := map[string]any{}
	note := func(what string, err error) {
		if err != nil {
			problems[what] = map[string]any{"cause": cause.From(err).ID, "text": err.Error()}
		}
	}
	var err error
	c.config, err = a.reportConfig()
	note("config", err)
	if err != nil { // its text quotes what somebody wrote, perhaps in the wrong place
		problems["config"] = map[string]any{"cause": cause.From(err).ID, "key": knownKey(err)}
	}
	c.log, c.older, err = logTail(c.config.Log.Dir)
	note("log", err)
	if db := a.history(); db != nil {
		c.history, err = db.Runs(ctx, history.Filter{Since: time.Now().AddDate(0, 0, -reportDays), Limit: reportRuns})
		note("history", err)
	}
	c.versions, err = allVersions(ctx, c.config)
	note("versions", err)
	mux, err := a.mux()
	note("usbmuxd", err)
	var muxFacts any
	if err == nil {
		muxFacts = askMux(ctx, mux)
		note("doctor", a.examineFor(ctx, c, mux))
	}
	c.facts = decoded(map[string]any{
		"homeport": version, "go": runtime.Version(), "build": buildFacts(), "system": systemFacts(),
		"time": time.Now(), "engines": engineFacts(ctx, c.config), "usbmuxd": muxFacts, "problems": problems,
	})
	return c
}

// withoutCommands says of shell lines only that they are set.
func withoutCommands(c configs.Config) configs.Config {
	for _, line := range []*string{&c.Before, &c.After} {
		if *line != "" {
			*line = "(set)"
		}
	}
	return c
}

// knownKey is the setting that an error is about; empty for one that does not
// exist, which may be anything.
func knownKey(err error) any {
	ev := cause.From(err).Evidence
	if ev["value"] == nil {
		return ""
	}
	return ev["key"]
}

// examineFor runs doctor for the report.
func (a *app) examineFor(ctx context.Context, c *collected, mux *usbmux.Client) error {
	ag := a.newAgent(c.config, mux, false, func(agent.Event) {})
	d, err := a.diagnose(ctx, ag, mux, c.config, "")
	if err != nil {
		return err
	}
	c.findings = decoded(d.json(a))
	var text bytes.Buffer
	d.print(&page{w: &text, columns: unfolded})
	c.page = text.String()
	for _, udid := range phonesIn(c.versions, d) {
		c.stats = append(c.stats, map[string]any{"udid": udid, "outlook": ag.Outlook(ctx, udid)})
	}
	return nil
}

// phonesIn lists the phones that are there or have versions.
func phonesIn(versions []store.Version, d diagnosis) []string {
	seen, list := map[string]bool{}, []string{}
	add := func(udid string) {
		if key := usbmux.CanonicalUDID(udid); !seen[key] {
			seen[key] = true
			list = append(list, udid)
		}
	}
	for _, o := range d.phones {
		add(o.Phone.UDID)
	}
	for _, v := range versions {
		add(v.UDID)
	}
	return list
}

func allVersions(ctx context.Context, cfg configs.Config) ([]store.Version, error) {
	var list []store.Version
	var first error
	for _, dest := range destinationsOf(cfg) {
		st, err := store.Open(dest, store.Options{ReadOnly: true})
		if err == nil {
			var found []store.Version
			found, err = versionsOf(ctx, st, "")
			list = append(list, found...)
			_ = st.Close()
		}
		if err != nil && first == nil {
			first = err
		}
	}
	return list, first
}

// shortVersions keep what says nothing of what is in a version.
func shortVersions(versions []store.Version) any {
	list, _ := decoded(versions).([]any)
	for _, e := range list {
		v, _ := e.(map[string]any)
		v["damaged"] = v["damage"] != nil
		for _, key := range []string{"damage", "path", "keyBag"} {
			delete(v, key)
		}
	}
	return list
}

func askMux(ctx context.Context, mux *usbmux.Client) any {
	links, bad, err := mux.Devices(ctx)
	if err != nil {
		return map[string]any{"answers": false, "cause": cause.From(err).ID, "text": err.Error(), "usual": mux.Address() == usbmux.DefaultAddress()}
	}
	return map[string]any{"answers": true, "links": len(links), "unreadable": len(bad), "usual": mux.Address() == usbmux.DefaultAddress()}
}

func engineFacts(ctx context.Context, cfg configs.Config) any {
	facts := map[string]any{"native": true}
	tool, err := idevicebackup2.Find(ctx, cfg.EnginePath)
	if err != nil {
		facts["idevicebackup2"] = map[string]any{"cause": cause.From(err).ID}
	} else {
		facts["idevicebackup2"] = map[string]any{"version": tool.Version, "path": tool.Path, "date": tool.ModTime}
	}
	return facts
}

func buildFacts() any {
	facts := map[string]string{}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return facts
	}
	for _, s := range info.Settings {
		if strings.HasPrefix(s.Key, "vcs.") || s.Key == "GOOS" || s.Key == "GOARCH" {
			facts[s.Key] = s.Value
		}
	}
	return facts
}

// redactor is one that has learned everything that was collected.
func (c *collected) redactor(a *app) *redactor {
	r := newRedactor()
	home, _ := os.UserHomeDir()
	for i, dest := range destinationsOf(c.config) {
		r.realFolder(dest, "DEST"+strings.Repeat("'", i))
		r.learn("volume", filepath.Base(dest))
	}
	r.realFolder(c.config.Log.Dir, "LOG")
	r.realFolder(a.stateFolder(), "STATE")
	r.realFolder(os.TempDir(), "TMP")
	r.realFolder(home, "~")
	if len(home) > 1 {
		r.learn("user", filepath.Base(home))
	}
	for _, line := range []string{c.config.PasswordCommand, c.config.Before, c.config.After, string(c.config.Webhook), string(c.config.Healthcheck)} {
		r.learnPath("secret", line)
	}
	for _, name := range []string{"PASSWORD_COMMAND", "BEFORE", "AFTER", "WEBHOOK", "HEALTHCHECK"} {
		r.learnPath("secret", os.Getenv("HOMEPORT_"+name))
	}
	if host, err := os.Hostname(); err == nil {
		short, _, _ := strings.Cut(host, ".")
		r.learnAs(r.fresh("host", host), host)
		r.learn("host", short)
	}
	for _, name := range accountNames() {
		r.learn("user", name)
	}
	for _, v := range c.versions {
		r.phone(v.UDID, v.Device)
	}
	for _, run := range c.history {
		r.phone(run.UDID, run.Name)
	}
	for _, p := range c.config.Phones {
		r.phone(p.UDID, p.Name)
	}
	for _, v := range []any{c.findings, c.facts, decoded(c.config), decoded(c.versions), decoded(c.history)} {
		r.learnFrom(v)
	}
	for _, line := range slices.Concat(c.log, c.older) {
		r.learnFrom(parsed([]byte(line)))
	}
	return r
}

// realFolder makes a folder, and what it is a link to, begin with pseudonym.
func (r *redactor) realFolder(path, pseudonym string) {
	r.folder(path, pseudonym)
	if real, err := filepath.EvalSymlinks(path); err == nil {
		r.folder(real, pseudonym)
	}
}

// accountNames are the names under which this account is known.
func accountNames() []string {
	names := []string{os.Getenv("USER"), os.Getenv("LOGNAME"), os.Getenv("USERNAME"), os.Getenv("SUDO_USER")}
	if u, err := user.Current(); err == nil {
		_, plain, domain := strings.Cut(u.Username, `\`)
		if !domain {
			plain = u.Username
		}
		names = append(names, plain, u.Name)
		names = append(names, strings.FieldsFunc(u.Name, notLetter)...)
	}
	return names
}

// lines redacts a text of several lines, each by itself.
func (r *redactor) lines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = r.text(l)
	}
	return strings.Join(lines, "\n")
}
