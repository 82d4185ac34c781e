// Command dist builds what people download: an archive for each system and processor,
// a .deb for Debian and Ubuntu, and SHA256SUMS. `make dist` runs it.
//
// Two runs on the same commit give the same bytes: every time stamp is the commit's,
// every owner is root, every list is sorted, and the Go linker is told to leave out
// what differs from build to build.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

// targets are the systems and processors that Homeport is built for.
var targets = []target{
	{"darwin", "amd64"}, {"darwin", "arm64"}, {"linux", "amd64"}, {"linux", "arm64"}, {"windows", "amd64"}, {"windows", "arm64"},
}

// target is a system and a processor, as Go names them.
type target struct{ os, arch string }

// release is what is built, from one commit.
type release struct {
	version string
	when    time.Time // of the commit; every file has it
	out     string    // the folder that is made
	targets []target
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("dist", flag.ContinueOnError)
	var r release
	flags.StringVar(&r.version, "version", "", "the `VERSION` that the program tells")
	flags.StringVar(&r.out, "out", "dist", "the `DIR` that is made, in place of an earlier one")
	only := flags.String("targets", "", "the `TARGETS` that are built, as linux/amd64,darwin/arm64 (default: all)")
	epoch := flags.Int64("epoch", 0, "the time of every file, in `SECONDS` since 1970")
	if err := flags.Parse(args); err != nil {
		return err
	}
	r.when = time.Unix(*epoch, 0).UTC()
	if err := r.check(); err != nil {
		return err
	}
	var err error
	if r.targets, err = chosen(*only); err != nil {
		return err
	}
	return r.build(ctx)
}

// chosen are the targets of a list; all when it is empty.
func chosen(list string) ([]target, error) {
	if list == "" {
		return targets, nil
	}
	var some []target
	for word := range strings.SplitSeq(list, ",") {
		i := slices.IndexFunc(targets, func(t target) bool { return t.os+"/"+t.arch == word })
		if i < 0 {
			return nil, fmt.Errorf("nothing is built for %q", word)
		}
		some = append(some, targets[i])
	}
	return some, nil
}

// versionForm is what can stand in the name of a file and in a version of Debian's.
var versionForm = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.+~-]*$`)

func (r release) check() error {
	switch {
	case !versionForm.MatchString(r.version):
		return fmt.Errorf("the version %q cannot stand in the name of a file", r.version)
	case r.when.Unix() <= 0:
		return errors.New("-epoch is missing: the time of the commit")
	case strings.HasSuffix(r.version, "-dirty"):
		fmt.Fprintln(os.Stderr, "dist: there are changes that are not committed; nobody else can build the same")
	}
	return nil
}

// build makes everything in a folder of its own, and then puts it in place of out.
func (r release) build(ctx context.Context) error {
	out, err := filepath.Abs(r.out)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp(filepath.Dir(out), ".dist-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	made, err := r.makeAll(ctx, work)
	if err != nil {
		return err
	}
	if err := writeSums(filepath.Join(work, "SHA256SUMS"), made); err != nil {
		return err
	}
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	if err := os.Chmod(work, 0o755); err != nil {
		return err
	}
	return os.Rename(work, out)
}

// makeAll makes the archives and packages in the folder work, and answers their paths.
func (r release) makeAll(ctx context.Context, work string) ([]string, error) {
	shared, err := r.shared(ctx)
	if err != nil {
		return nil, err
	}
	var made []string
	for _, t := range r.targets {
		program, err := compile(ctx, t, r.version)
		if err != nil {
			return nil, err
		}
		path := filepath.Join(work, t.archiveName(r.version))
		fmt.Println(filepath.Base(path))
		files, err := archiveFiles(t, program, shared)
		if err == nil {
			err = writeArchive(path, files, r.when)
		}
		if err != nil {
			return nil, err
		}
		made = append(made, path)
		if t.os != "linux" {
			continue
		}
		deb, err := r.deb(work, t, program, shared)
		if err != nil {
			return nil, err
		}
		made = append(made, deb)
	}
	return made, nil
}
