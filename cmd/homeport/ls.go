package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"homeport/backup/mobilesync"
	"homeport/cause"
)

type lsOptions struct {
	pickOptions
	byDomain bool
}

func newLsCommand(a *app) *cobra.Command {
	var o lsOptions
	cmd := &cobra.Command{
		Use:   "ls [PHONE] [VERSION] [PATH...]",
		Short: "What is in a version: an overview, or the files",
		Long: `List what is in a version. Without PATH, --domain and --group it is an overview: how
many files, and how large, for photos, messages and the like, for each app, and for
the rest by domain. Otherwise it is every file that fits, with size, date and name.

` + pickHelp,
		RunE: func(cmd *cobra.Command, args []string) error { return runLs(cmd.Context(), a, o, args) },
	}
	addPickFlags(cmd, &o.pickOptions)
	cmd.Flags().BoolVar(&o.byDomain, "domains", false, "the overview by domain only")
	return cmd
}

func runLs(ctx context.Context, a *app, o lsOptions, args []string) error {
	p, err := a.pick(ctx, o.pickOptions, args)
	if err != nil {
		return err
	}
	defer p.close()
	if p.everything() || o.byDomain {
		return a.overview(ctx, p, o.byDomain)
	}
	return a.listFiles(ctx, p)
}

// amount is how much there is of something.
type amount struct {
	Name  string `json:"name"`
	Files int    `json:"files"`
	Bytes int64  `json:"bytes"`
}

func (m *amount) add(size int64) { m.Files++; m.Bytes += size }

// overviewOf is what ls prints as JSON without a path. What is in no group is in
// the domains alone.
type overviewOf struct {
	Version string   `json:"version"`
	UDID    string   `json:"udid"`
	Device  string   `json:"device"`
	Files   int      `json:"files"`
	Bytes   int64    `json:"bytes"`
	Groups  []amount `json:"groups"`
	Domains []amount `json:"domains"`
}

func (a *app) overview(ctx context.Context, p *picked, byDomain bool) error {
	var total amount
	groups, domains, rest := map[string]*amount{}, map[string]*amount{}, map[string]*amount{}
	err := p.folder.Rows(ctx, func(r mobilesync.Row) error {
		if !r.HasBody() || !p.files.Match(r.Domain, r.RelativePath) {
			return nil
		}
		size := sizeOf(r)
		total.add(size)
		at(domains, r.Domain).add(size)
		if g := mobilesync.GroupOf(r.Domain, r.RelativePath); g != "" {
			at(groups, string(g)).add(size)
		} else {
			at(rest, r.Domain).add(size)
		}
		return nil
	})
	if err != nil {
		return err
	}
	v := p.version
	if a.json {
		a.printJSON(overviewOf{string(v.ID), v.UDID, v.Device, total.Files, total.Bytes, byName(groups), byName(domains)})
		return nil
	}
	a.printf("version %s of %s, %s\n", v.ID, clean(nameOfVersion(v)), v.Finished.Local().Format("2006-01-02 15:04"))
	if byDomain {
		a.printAmounts("DOMAIN", byName(domains), total)
		return nil
	}
	a.printAmounts("GROUP", append(byName(groups), byName(rest)...), total)
	return nil
}

func at(m map[string]*amount, name string) *amount {
	if m[name] == nil {
		m[name] = &amount{Name: name}
	}
	return m[name]
}

// byName sorts amounts: the groups as they are listed, then the apps, then the
// rest, each by size.
func byName(m map[string]*amount) []amount {
	rank := func(name string) int {
		if i := slices.Index(mobilesync.Groups(), mobilesync.Group(name)); i >= 0 {
			return i
		}
		return len(mobilesync.Groups())
	}
	list := make([]amount, 0, len(m))
	for _, x := range slices.SortedFunc(maps.Values(m), func(x, y *amount) int {
		return cmp.Or(rank(x.Name)-rank(y.Name), cmp.Compare(y.Bytes, x.Bytes), cmp.Compare(x.Name, y.Name))
	}) {
		list = append(list, *x)
	}
	return list
}

func (a *app) printAmounts(title string, list []amount, total amount) {
	a.printf("%10s %10s  %s\n", "FILES", "SIZE", title)
	for _, x := range list {
		a.printf("%10s %10s  %s\n", thousands(int64(x.Files)), cause.Bytes(x.Bytes), clean(x.Name))
	}
	a.printf("%10s %10s  in all\n", thousands(int64(total.Files)), cause.Bytes(total.Bytes))
}

func sizeOf(r mobilesync.Row) int64 {
	if r.File == nil {
		return 0
	}
	return r.File.Size
}

// entry is one file, folder or link as ls prints it as JSON.
type entry struct {
	Domain       string     `json:"domain"`
	RelativePath string     `json:"relativePath"`
	Kind         string     `json:"kind"` // file, folder, link or other
	Bytes        int64      `json:"bytes"`
	Modified     *time.Time `json:"modified,omitempty"`
	Target       string     `json:"target,omitempty"` // where a link leads
}

func entryOf(r mobilesync.Row) entry {
	e := entry{Domain: r.Domain, RelativePath: r.RelativePath, Kind: "other"}
	switch {
	case r.HasBody():
		e.Kind, e.Bytes = "file", sizeOf(r)
	case r.Flags&7 == mobilesync.FlagDirectory:
		e.Kind = "folder"
	case r.Flags&7 == mobilesync.FlagLink:
		e.Kind = "link"
	}
	if f := r.File; f != nil {
		e.Target = f.Target
		if f.Modified > 0 && f.Modified < maxUnix {
			t := time.Unix(f.Modified, 0).UTC()
			e.Modified = &t
		}
	}
	return e
}

// maxUnix is the last second of the year 9999, the last that RFC 3339 has.
const maxUnix = 253402300799

// listFiles prints each file that was picked as the list has it: there may be a
// million of them.
func (a *app) listFiles(ctx context.Context, p *picked) error {
	var total amount
	out := entryPrinter{app: a}
	out.begin(string(p.version.ID))
	err := p.folder.Rows(ctx, func(r mobilesync.Row) error {
		if !p.files.Match(r.Domain, r.RelativePath) {
			return nil
		}
		if r.HasBody() {
			total.add(sizeOf(r))
		}
		return out.entry(entryOf(r))
	})
	if err != nil && !a.json {
		return err
	}
	if err == nil && out.count == 0 && !a.json {
		return nothingFits(p)
	}
	out.end(total, err)
	if err != nil {
		return said{err}
	}
	return nil
}

// nothingFits is the error for names that a version does not have.
func nothingFits(p *picked) error {
	return fmt.Errorf("nothing in version %s fits; homeport ls shows what is in it", p.version.ID)
}

// entryPrinter prints entries one by one: as lines, or as one JSON object.
type entryPrinter struct {
	app   *app
	count int
}

func (o *entryPrinter) begin(version string) {
	if o.app.json {
		id, _ := json.Marshal(version) // a string always has a form
		o.app.printf(`{"version":%s,"entries":[`, id)
	}
}

func (o *entryPrinter) entry(e entry) error {
	o.count++
	if !o.app.json {
		date := strings.Repeat(" ", 16)
		if e.Modified != nil {
			date = e.Modified.Local().Format("2006-01-02 15:04")
		}
		size := ""
		if e.Kind == "file" {
			size = cause.Bytes(e.Bytes).String()
		}
		_, err := fmt.Fprintf(o.app.stdout, "%-6s %10s  %s  %s\n", e.Kind, size, date, cleanPath(e.Domain+"/"+e.RelativePath)+arrow(e))
		return err
	}
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if o.count > 1 {
		data = append([]byte{','}, data...)
	}
	_, err = o.app.stdout.Write(data)
	return err
}

func (o *entryPrinter) end(total amount, err error) {
	if !o.app.json {
		o.app.printf("%s, %s\n", count64(int64(total.Files), "file", "files"), cause.Bytes(total.Bytes))
		return
	}
	o.app.printf(`],"files":%d,"bytes":%d`, total.Files, total.Bytes)
	if err != nil {
		failure, _ := json.Marshal(failureOf(err)) // made of strings and numbers
		o.app.printf(`,"error":%s`, failure)
	}
	o.app.printf("}\n")
}

func arrow(e entry) string {
	if e.Target == "" {
		return ""
	}
	return " -> " + cleanPath(e.Target)
}

// cleanPath is clean for a path, which must not be cut: somebody wants to use it.
func cleanPath(s string) string {
	var b strings.Builder
	for len(s) > mostShown {
		n := mostShown
		for n > mostShown-4 && s[n]&0xc0 == 0x80 {
			n--
		}
		b.WriteString(clean(s[:n]))
		s = s[n:]
	}
	b.WriteString(clean(s))
	return b.String()
}
