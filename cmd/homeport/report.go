package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"homeport/cause"
	"homeport/configs"
)

func newReportCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "report [FILE]",
		Short: "A bundle for somebody who helps: facts and findings, without names",
		Long:  reportHelp,
		Args:  argsBetween(0, 1),
		RunE:  func(cmd *cobra.Command, args []string) error { return runReport(cmd.Context(), a, first(args)) },
	}
}

const reportHelp = `A zip file with what somebody needs who helps: versions, the findings of doctor, the
settings, the history, the last lines of the log, and the list of backups. Names,
serial numbers, UDIDs, addresses and paths are replaced by words like phone-1;
README.txt in it says what was replaced. It is written to FILE, which may be a folder,
or to this folder, and sent to nobody.`

// reportLimit bounds all that is asked for a report.
const reportLimit = 2 * time.Minute

func runReport(ctx context.Context, a *app, path string) error {
	f, path, err := createReport(path)
	if err != nil {
		return err
	}
	b, err := a.makeBundle(ctx)
	if err == nil {
		err = b.write(f)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(path)
		return unwritten(path, err)
	}
	return a.tellReport(path, b)
}

// mostNames bounds the names that are tried for a report without one.
const mostNames = 100

// createReport makes the file, so that a place which cannot be written is told
// before the phones are asked. Without a name, or with that of a folder, it has one
// that is free.
func createReport(path string) (*os.File, string, error) {
	if path == "-" {
		return nil, "", usageError{errors.New("a report is a zip file; name a FILE for it")}
	}
	info, err := os.Stat(path)
	folder := path == "" || err == nil && info.IsDir()
	if _, err := os.Lstat(path); !folder && !errors.Is(err, fs.ErrNotExist) {
		return nil, "", usageError{fmt.Errorf("%s is there already; name another file", path)}
	}
	base := filepath.Join(path, "homeport-report-"+time.Now().Format("20060102-150405"))
	for n := 1; ; n++ {
		switch {
		case folder && n == 1:
			path = base + ".zip"
		case folder:
			path = fmt.Sprintf("%s-%d.zip", base, n)
		}
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		switch {
		case err == nil:
			return f, path, nil
		case !folder || n == mostNames || !errors.Is(err, fs.ErrExist):
			return nil, "", unwritten(path, err)
		}
	}
}

// unwritten tells why there is no report.
func unwritten(path string, err error) error {
	if _, known := cause.Of(err); known || errors.As(err, &interrupted{}) {
		return err
	}
	if diskFull(err) {
		return advised{fmt.Errorf("write report %s: the disk is full", path), "free some space, or name a FILE on another disk"}
	}
	return advised{fmt.Errorf("write report %s: %w", path, err), "name a FILE in a folder where you can write"}
}

func (a *app) tellReport(path string, b *bundle) error {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	size := int64(0)
	if info, err := os.Stat(path); err == nil {
		size = info.Size()
	}
	if a.json {
		a.printJSON(struct {
			Path     string         `json:"path"`
			Bytes    int64          `json:"bytes"`
			Contents []part         `json:"contents"`
			Replaced map[string]int `json:"replaced"`
			Sent     bool           `json:"sent"`
		}{path, size, b.parts, b.replaced, false})
		return nil
	}
	p := a.page()
	p.say(fmt.Sprintf("The report is in %s (%s).", path, cause.Bytes(size)))
	for _, part := range b.parts {
		p.say(fmt.Sprintf("  %-16s %s", part.Name, part.About))
	}
	p.say("Names, numbers and paths are replaced: " + replacedWords(b.replaced) + ".")
	p.say("Nothing was sent anywhere. Have a look before you give it to somebody.")
	return nil
}

// reportConfig is the configuration, or the defaults with the reason why: a report
// is most wanted when something is broken.
func (a *app) reportConfig() (configs.Config, error) {
	cfg, err := a.load(settings{})
	if err == nil {
		return cfg, nil
	}
	flags := map[string]string{}
	if state := a.state(); state != "" {
		flags["log.dir"] = filepath.Join(state, "logs")
	}
	usual, uerr := configs.Load(configs.Options{File: os.DevNull, Flags: flags})
	if uerr != nil {
		return usual, errors.Join(err, uerr)
	}
	return usual, err
}
