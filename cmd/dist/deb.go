package main

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"homeport/configs/service"
)

// preRelease is how a version goes on that comes before the one without it.
var preRelease = regexp.MustCompile(`-(alpha|beta|rc)`)

// debVersion is a version as Debian orders them: it begins with a digit, and has no
// "-" that would split it. What git describe says of a commit without a tag is older
// than any release, as a release candidate is older than its release.
func debVersion(version string) string {
	v := preRelease.ReplaceAllString(strings.TrimPrefix(version, "v"), "~$1")
	v = strings.ReplaceAll(v, "-", "+")
	if v == "" || v[0] < '0' || v[0] > '9' || !strings.Contains(v, ".") {
		v = "0~git+" + v
	}
	return v
}

// deb writes a package for Debian and Ubuntu, see deb(5): an ar archive of a version,
// a tar of what dpkg should know, and a tar of the files.
func (r release) deb(dir string, t target, program []byte, c common) (string, error) {
	version := debVersion(r.version)
	files, err := debFiles(version, program, c, r.when)
	if err != nil {
		return "", err
	}
	var control, data bytes.Buffer
	if err := tarball(&control, dotted(debControl(version, t.arch, files)), r.when); err != nil {
		return "", err
	}
	if err := tarball(&data, dotted(files), r.when); err != nil {
		return "", err
	}
	var out bytes.Buffer
	writeAr(&out, r.when, []file{
		{"debian-binary", []byte("2.0\n"), 0o644}, {"control.tar.gz", control.Bytes(), 0o644}, {"data.tar.gz", data.Bytes(), 0o644},
	})
	name := filepath.Join(dir, "homeport_"+version+"_"+t.arch+".deb")
	fmt.Println(filepath.Base(name))
	return name, os.WriteFile(name, out.Bytes(), 0o644)
}

// debFiles are the files of the package, where Debian's policy has them.
func debFiles(version string, program []byte, c common, when time.Time) ([]file, error) {
	unit, err := service.Unit(service.Spec{Program: "/usr/bin/homeport", Args: []string{"service", "run"}})
	if err != nil {
		return nil, err
	}
	files := []file{
		{"usr/bin/homeport", program, 0o755},
		{"usr/lib/systemd/user/" + service.UnitName, unit, 0o644},
		{"usr/share/bash-completion/completions/homeport", c.completions["bash"], 0o644},
		{"usr/share/zsh/vendor-completions/_homeport", c.completions["zsh"], 0o644},
		{"usr/share/fish/vendor_completions.d/homeport.fish", c.completions["fish"], 0o644},
		{docFolder + "examples/config.yaml", c.settings, 0o644},
	}
	for _, f := range c.monitoring {
		files = append(files, file{docFolder + "examples/" + f.name, f.data, 0o644})
	}
	for _, f := range c.docs {
		if f.name == "LICENSE" {
			f.name, f.data = "copyright", copyright(f.data)
		}
		files = append(files, file{docFolder + strings.TrimPrefix(f.name, "docs/"), f.data, 0o644})
	}
	files = append(files, file{"usr/share/lintian/overrides/homeport", []byte(debOverrides), 0o644})
	change, err := gzipped(changelog(version, when))
	if err != nil {
		return nil, err
	}
	files = append(files, file{docFolder + "changelog.gz", change, 0o644})
	for _, f := range c.man {
		data, err := gzipped(f.data)
		if err != nil {
			return nil, err
		}
		files = append(files, file{"usr/share/man/man1/" + f.name + ".gz", data, 0o644})
	}
	slices.SortFunc(files, byName)
	return files, nil
}

const docFolder = "usr/share/doc/homeport/"

func copyright(license []byte) []byte {
	return append([]byte("Homeport, an agent that backs up iPhones.\n\n"), license...)
}

// maintainer is who a package names, see deb-changelog(5).
const maintainer = "The Homeport authors <homeport@homeport.invalid>"

// changelog has one entry: what changed is in the history of the repository.
func changelog(version string, when time.Time) []byte {
	return fmt.Appendf(nil, "homeport (%s) stable; urgency=medium\n\n  * Built from the commit of %s.\n\n -- %s  %s\n",
		version, when.Format(time.DateOnly), maintainer, when.Format(time.RFC1123Z))
}

// debOverrides tell lintian what is meant: a Go program without cgo is one file, and its
// catalogue names files and errors of others as they spell them.
const debOverrides = `homeport: statically-linked-binary [usr/bin/homeport]
homeport: spelling-error-in-binary * [usr/bin/homeport]
`

// debControl are the files that dpkg reads.
func debControl(version, arch string, files []file) []file {
	size := 0
	var sums strings.Builder
	for _, f := range files {
		size += (len(f.data) + 1023) / 1024
		fmt.Fprintf(&sums, "%x  %s\n", md5.Sum(f.data), f.name)
	}
	return []file{
		{"control", fmt.Appendf(nil, debControlText, version, arch, maintainer, size), 0o644},
		{"md5sums", []byte(sums.String()), 0o644},
		{"postinst", []byte(debPostinst), 0o755},
		{"prerm", []byte(debPrerm), 0o755},
	}
}

const debControlText = `Package: homeport
Version: %s
Architecture: %s
Maintainer: %s
Installed-Size: %d
Section: utils
Priority: optional
Recommends: usbmuxd
Suggests: libimobiledevice-utils
Description: backs up iPhones when they are plugged in
 Homeport watches for iPhones and iPads, checks everything that can stop a
 backup, makes an ordinary local backup in Apple's own folder format, proves
 that it is whole, keeps the earlier ones, and tells every failure with its
 cause and the next step.
 .
 After the installation, each user who wants it runs: homeport config init,
 and then: homeport service install
`

// debEach is the part of the scripts that speaks to each account whose own services run:
// the service belongs to the account, and is the account's to change. It begins for
// nobody by itself. What runs as somebody else has no hold on root's terminal (setsid),
// and holds nothing up for ever.
const debEach = `#!/bin/sh
set -e

# each runs homeport as every account that has a systemd of its own now.
each() {
	for run in /run/user/*; do
		[ -S "$run/systemd/private" ] || continue
		entry=$(getent passwd "${run##*/}") || continue
		name=$(echo "$entry" | cut -d: -f1)
		home=$(echo "$entry" | cut -d: -f6)
		[ "$name" != root ] || continue
		setsid -w timeout -k 10 240 runuser -u "$name" -- env -i HOME="$home" PATH=/usr/bin:/bin XDG_RUNTIME_DIR="$run" \
			homeport "$@" </dev/null 2>&1 | cat || true
	done
}

`

// After an upgrade the services that have nothing under way run the new program.
const debPostinst = debEach + `if [ "$1" = configure ] && [ -n "$2" ] && [ -d /run/systemd/system ]; then
	each service renew
	homeport service renew --system || true
fi
`

// On removal the services go that start this package's program; no backup is touched.
const debPrerm = debEach + `if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
	each service uninstall --own
	homeport service uninstall --own --system || true
fi
`

// dotted puts files below ".", as dpkg-deb does.
func dotted(files []file) []file {
	list := make([]file, len(files))
	for i, f := range files {
		list[i] = file{"./" + f.name, f.data, f.mode}
	}
	return list
}

// writeAr writes an ar(5) archive in the common form that deb(5) asks for.
func writeAr(w io.Writer, when time.Time, files []file) {
	fmt.Fprint(w, "!<arch>\n")
	for _, f := range files {
		fmt.Fprintf(w, "%-16s%-12d%-6d%-6d%-8o%-10d`\n", f.name, when.Unix(), 0, 0, 0o100000|f.mode.Perm(), len(f.data))
		_, _ = w.Write(f.data)
		if len(f.data)%2 == 1 {
			fmt.Fprint(w, "\n")
		}
	}
}
