package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"homeport/cause"
	"homeport/simulator"
)

// canaries are what must not be in a report, and where they are put.
var canaries = struct {
	name, serial, number, imei, ecid, mac, mail, ip, command, hook, file, user, drive, wrong string
}{
	name: `Żaneta "Quetzal" O’Kanary's 📱`, serial: "F4QXK9ZZPN7T", number: "+49 171 5550142", imei: "356938035643809",
	ecid: "0x1a2b3c4d5e6f", mac: "a4:5e:60:c2:11:0f", mail: "quetzal.person@example.org", ip: "192.168.77.13",
	command: "cat /srv/hush-hush/passkey.txt", hook: "http://127.0.0.1:9/hooks/hush-hush", file: "Library/Private Letters/dear_quetzalina.txt", user: "ulysseskanary", drive: "KanaryDrive",
	wrong: "hunter2-in-the-wrong-place",
}

// longGone is a phone that only an old file of the log knows, too old to be in the
// report itself.
const longGone = "Dagobertina"

// fragments are the pieces of the canaries that say enough by themselves.
var fragments = []string{
	"Żaneta", "Quetzal", "Kanary", "F4QXK9ZZPN7T", "5550142", "356938035643809", "1a2b3c4d5e6f", "a4:5e:60", "example.org", "192.168.77",
	"hush-hush", "passkey", "dear_", "Private Letters", "hunter2", "Dagobert", "\x1b", "000A1B2C3D4E5F60", "9f8e7d6c",
}

// nest makes a home folder with all canaries in it, and a phone that has some.
func nest(t *testing.T) (s *stage, home string) {
	t.Helper()
	s = newStage(t, func(p *simulator.PhoneSpec) { p.Name, p.SerialNumber = canaries.name, canaries.serial })
	home = filepath.Join(s.place, canaries.user)
	s.dest = filepath.Join(home, canaries.drive)
	s.env = []string{"HOME=" + home, "USERPROFILE=" + home, "USER=" + canaries.user, "HOMEPORT_CONFIG=" + filepath.Join(s.place, "config.yaml"), "TMPDIR=" + s.place}
	for _, dir := range []string{s.dest, filepath.Join(s.place, "state", "logs")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s.settings(fmt.Sprintf("destination: %q\npassword_command: %q\nwebhook: %q\nhealthcheck: %q\nbefore: %q\nafter: %q\nphones:\n  - udid: %s\n    name: %q\n",
		s.dest, canaries.command, canaries.hook, canaries.hook, "true "+canaries.command, "true "+canaries.command, stageUDID, canaries.name))
	return s, home
}

func (s *stage) settings(text string) {
	s.Helper()
	if err := os.WriteFile(filepath.Join(s.place, "config.yaml"), []byte(text), 0o600); err != nil {
		s.Fatal(err)
	}
}

// chatter is a log in which everything is said, and in every spelling.
func chatter(home string) string {
	var lines strings.Builder
	udid := stageUDID
	bare := strings.ReplaceAll(udid, "-", "")
	long := "9f8e7d6c5b4a39281706f5e4d3c2b1a098765432"
	texts := []string{
		"open " + home + "/" + canaries.drive + "/.homeport/" + udid + "/x: no such file", "lower " + strings.ToLower(udid) + ", bare " + bare + " and " + strings.ToLower(bare), "old phone " + long,
		"serial " + canaries.serial + ", call " + canaries.number + ", IMEI " + canaries.imei + ", ECID: " + canaries.ecid,
		"from " + canaries.mac + " at " + canaries.ip + " by " + canaries.mail, "run " + canaries.command, "post " + canaries.hook + ": refused", "read HomeDomain/" + canaries.file + ": input/output error",
		"in " + url.PathEscape(canaries.name) + " and " + url.QueryEscape(canaries.name), `{"inner":"` + strings.ReplaceAll(canaries.name, `"`, `\"`) + `"}`,
		"password=" + canaries.wrong + " token: " + canaries.wrong, "/srv/" + canaries.user + "/Private Letters/x y: permission denied", canaries.user + "@host: hello " + strings.ToUpper(canaries.user),
	}
	for _, text := range texts {
		line, _ := json.Marshal(map[string]any{
			"ts": "2026-11-22T10:15:02Z", "level": "error", "msg": "failed", "udid": udid, "device": canaries.name, "cause": "version-damaged", "text": text,
			"evidence": map[string]any{"relativePath": canaries.file, "files": []string{canaries.file}, "volume": `"` + canaries.drive + `"`, "serialNumber": canaries.serial, "imei": 356938035643809},
			"phone":    map[string]any{"udid": long, "name": "Kanary’s other"},
		})
		lines.WriteString(string(line) + "\n" + text + "\n")
	}
	return lines.String()
}

// unzipped reads the files of a report.
func unzipped(t *testing.T, path string) map[string]string {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	files := map[string]string{}
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(data)
	}
	return files
}

// sing fails the test for each canary that sings in a report.
func sing(t *testing.T, files map[string]string) {
	t.Helper()
	for name, text := range files {
		forms := []string{text}
		if plain, err := url.QueryUnescape(strings.ReplaceAll(text, "%", "%25")); err == nil {
			forms = append(forms, plain)
		}
		forms = append(forms, percent.ReplaceAllStringFunc(text, func(s string) string { u, _ := url.PathUnescape(s); return u }))
		for _, form := range forms {
			low := strings.ToLower(form)
			for _, c := range fragments {
				for _, spelling := range append(escaped(c), c) {
					if i := strings.Index(low, strings.ToLower(spelling)); i >= 0 {
						t.Errorf("%s has %q: ...%s...", name, c, low[max(0, i-60):min(len(low), i+60)])
					}
				}
			}
		}
	}
}

var percent = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

// TestReportTellsNobody makes a report of a computer where everything personal is
// everywhere: in the phone, its backups, the settings, the log; and finds none.
func TestReportTellsNobody(t *testing.T) {
	t.Parallel()
	s, home := nest(t)
	s.backup()
	log := filepath.Join(s.place, "state", "logs", "homeport.log")
	own, err := os.ReadFile(log)
	if err != nil || !bytes.Contains(own, []byte("O’Kanary")) {
		t.Fatalf("the log of the backup: %v\n%s", err, own)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write([]byte(chatter(home)))
	must(t, z.Close())
	must(t, os.WriteFile(filepath.Join(s.place, "state", "logs", "homeport-2026-11-22T10-00-00.000.log.gz"), packed.Bytes(), 0o600))
	once := fmt.Sprintf("{\"device\":%q}\n", longGone) + strings.Repeat("x\n", mostLogLines)
	must(t, os.WriteFile(filepath.Join(s.place, "state", "logs", "homeport-2026-11-21T10-00-00.000.log"), []byte(once), 0o600))
	must(t, os.WriteFile(log, append(own, chatter(home)+longGone+" was\x1b[31m here\n"...), 0o600))
	path := filepath.Join(s.place, "r.zip")
	g := s.homeport("report", path)
	if g.exit != 0 || !strings.Contains(g.output, `"sent":false`) {
		t.Fatalf("exit %d\n%s", g.exit, g.output)
	}
	files := unzipped(t, path)
	sing(t, files)
	for name, want := range map[string]string{
		"log.jsonl": "phone-1", "versions.json": `"udid": "phone-1"`, "doctor.json": `"cause"`, "config.json": `"passwordCommand": "(set)"`, "facts.json": `"homeport"`,
		"README.txt": "phones: UDIDs and names", "statistics.json": `"outlook"`, "doctor.txt": "phone-1", "history.json": `"udid": "phone-1"`,
	} {
		if !strings.Contains(files[name], want) {
			t.Errorf("%s has no %s:\n%s", name, want, clip(files[name], 2000))
		}
	}
	for name, text := range files {
		if strings.Contains(text, "left out:") {
			t.Errorf("%s was left out", name)
		}
	}
	if n := strings.Count(files["log.jsonl"], "\n"); n < 48 {
		t.Errorf("the log has %d lines", n)
	}
	if !strings.Contains(files["log.jsonl"], "input/output error") || !strings.Contains(files["log.jsonl"], "2026-11-22T10:15:02Z") {
		t.Errorf("what helps is gone from the log:\n%s", clip(files["log.jsonl"], 3000))
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("the report is open to others: %v, %v", info.Mode(), err)
	}
	if g := s.homeport("report", path); g.exit != cause.ExitUsage || !strings.Contains(g.output, "is there already") {
		t.Errorf("again: exit %d\n%s", g.exit, g.output)
	}
}

// TestReportWithLittle makes reports where there is no phone, no destination, no
// log, and settings that are broken, with a secret in the wrong place.
func TestReportWithLittle(t *testing.T) {
	t.Parallel()
	s, home := nest(t)
	s.phone.Detach()
	s.settings("webhook_" + canaries.wrong + ": " + canaries.wrong + "\n")
	must(t, os.RemoveAll(home))
	g := s.homeport("report", filepath.Join(s.place, "r.zip"))
	if g.exit != 0 {
		t.Fatalf("exit %d\n%s", g.exit, g.output)
	}
	files := unzipped(t, filepath.Join(s.place, "r.zip"))
	sing(t, files)
	if !strings.Contains(files["facts.json"], "config-invalid") || files["log.jsonl"] != "" {
		t.Errorf("facts: %s\nlog: %s", files["facts.json"], files["log.jsonl"])
	}
	if g := s.homeport("report", filepath.Join(s.place, "nowhere", "r.zip")); g.exit != cause.ExitUnexpected || !strings.Contains(g.output, "write report") {
		t.Errorf("no folder: exit %d\n%s", g.exit, g.output)
	}
}

// TestReportNames holds that reports which are made at once do not meet in one file,
// and that nothing which is there is written into.
func TestReportNames(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "here"), nil, 0o600))
	must(t, os.Symlink(filepath.Join(dir, "nowhere"), filepath.Join(dir, "link")))
	for range 5 {
		f, path, err := createReport(dir)
		if err != nil || filepath.Dir(path) != dir || filepath.Ext(path) != ".zip" {
			t.Fatalf("in a folder: %q, %v", path, err)
		}
		must(t, f.Close())
	}
	for _, path := range []string{"-", filepath.Join(dir, "here"), filepath.Join(dir, "link"), os.DevNull} {
		if f, _, err := createReport(path); !errors.As(err, &usageError{}) {
			t.Errorf("%s: %v, %v", path, f, err)
		}
	}
}

// TestRedact holds what is taken out of single texts, and what is not.
func TestRedact(t *testing.T) {
	t.Parallel()
	r := newRedactor()
	r.folder("/home/anna", "~")
	r.phone(stageUDID, "Anna's iPhone")
	r.phone("", "iPhone")
	for text, want := range map[string]string{
		"read /home/anna/x: gone":             "read ~/x: gone",
		"00008120000a1b2c3d4e5f60 is locked":  "phone-1 is locked",
		"Anna’s iPhone, ANNA, hannah":         "phone-1, name-1, hname-1h",
		"an iPhone, iOS 18.5, version 1.3.0":  "an iPhone, iOS 18.5, version 1.3.0",
		"at 127.0.0.1:27015, 10:15:02":        "at 127.0.0.1:27015, 10:15:02",
		"at fe80::1 or 10.0.0.7":              "at (address) or (address)",
		"20261122T103140Z-0012 needs 62.1 GB": "20261122T103140Z-0012 needs 62.1 GB",
		"/usr/bin/idevicebackup2 --version":   "/usr/bin/idevicebackup2 --version",
		"mobilebackup2/-4, 0xE8000065":        "mobilebackup2/-4, 0xE8000065",
	} {
		if got := r.text(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// TestLogTail holds that only the end of a long log is read, oldest first, over
// packed files and files that are none.
func TestLogTail(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var long strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&long, "line %d\n", i)
	}
	must(t, os.WriteFile(filepath.Join(dir, "homeport.log"), []byte("new\n"+strings.Repeat("x", 200_000)+"\n"), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "homeport-2026.log"), []byte(long.String()), 0o600))
	must(t, os.Mkdir(filepath.Join(dir, "homeport-2025.log"), 0o700))
	must(t, os.WriteFile(filepath.Join(dir, "homeport-2024.log.gz"), []byte("not packed"), 0o600))
	lines, older, err := logTail(dir)
	if err != nil || len(older) < 1 || len(lines) != mostLogLines || lines[len(lines)-1] != "new" || lines[0] != "line 3001" {
		t.Errorf("%d lines from %q to %q, %v", len(lines), lines[0], lines[len(lines)-1], err)
	}
	if lines, _, err := logTail(filepath.Join(dir, "nowhere")); err != nil || len(lines) != 0 {
		t.Errorf("no log: %q, %v", lines, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestPrettyName(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "os-release")
	must(t, os.WriteFile(file, []byte("ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"), 0o600))
	if got := prettyName(file); got != "Debian GNU/Linux 12 (bookworm)" {
		t.Errorf("got %q", got)
	}
	if got := prettyName(file + "-not"); got != "" {
		t.Errorf("got %q", got)
	}
}
