package cause

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/catalogue.golden and docs/causes.md anew")

var placeholder = regexp.MustCompile(`\{([^}|]*)(\|[^}]*)?\}`)

// idsInSource reads the ids from ids.go, so that an id without a row shows.
func idsInSource(t *testing.T) []ID {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "ids.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var ids []ID
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok {
			s, _ := strconv.Unquote(lit.Value)
			ids = append(ids, ID(s))
		}
		return true
	})
	return ids
}

func TestEveryIDHasOneRow(t *testing.T) {
	t.Parallel()
	ids := idsInSource(t)
	if len(ids) < 100 {
		t.Fatalf("only %d ids found in ids.go", len(ids))
	}
	count := map[ID]int{}
	for _, r := range All() {
		count[r.ID]++
		if !slices.Contains(ids, r.ID) {
			t.Errorf("row %s has no id in ids.go", r.ID)
		}
	}
	for _, id := range ids {
		if count[id] != 1 {
			t.Errorf("%s has %d rows", id, count[id])
		}
	}
}

// templates returns everything in a row that a person reads, by name.
func templates(r Row) map[string]string {
	m := map[string]string{"title": r.Title, "sentence": r.Sentence, "plain": r.Plain}
	for i, s := range r.Special {
		m[fmt.Sprintf("special sentence %d", i+1)] = s
	}
	for _, goos := range []string{"darwin", "windows", "linux"} {
		for i, s := range r.steps(goos) {
			m[fmt.Sprintf("step %d on %s", i+1, goos)] = s
		}
	}
	for _, list := range r.Instead {
		for i, s := range list.Steps {
			m[fmt.Sprintf("step %d with %s", i+1, list.With)] = s
		}
	}
	return m
}

func TestRowsAreComplete(t *testing.T) {
	t.Parallel()
	for _, r := range All() {
		if r.Title == "" || r.Sentence == "" || r.Severity == "" || r.Layer == "" || r.When == "" || r.Retry.On == "" {
			t.Errorf("%s: something is missing: %+v", r.ID, r)
		}
		for _, goos := range []string{"darwin", "windows", "linux"} {
			if n := len(r.steps(goos)); n == 0 || n > 4 {
				t.Errorf("%s: %d steps on %s", r.ID, n, goos)
			}
		}
		for _, list := range r.Instead {
			if n := len(list.Steps); n == 0 || n > 4 || !slices.ContainsFunc(slices.Concat(keys, otherKeys), func(k key) bool { return k.name == list.With }) {
				t.Errorf("%s: %d steps with %q", r.ID, n, list.With)
			}
		}
		if r.Severity == Fail && r.ExitCode == 0 {
			t.Errorf("%s fails with exit code 0", r.ID)
		}
		if !slices.Contains([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 130}, r.ExitCode) {
			t.Errorf("%s: exit code %d is not in the table", r.ID, r.ExitCode)
		}
		for _, id := range r.DependsOn {
			if _, ok := Lookup(id); !ok || id == r.ID {
				t.Errorf("%s depends on %s", r.ID, id)
			}
		}
	}
}

func TestDependenceHasNoCircle(t *testing.T) {
	t.Parallel()
	var walk func(id ID, path []ID)
	walk = func(id ID, path []ID) {
		if slices.Contains(path, id) {
			t.Fatalf("circle: %v", append(path, id))
		}
		r, _ := Lookup(id)
		for _, next := range r.DependsOn {
			walk(next, append(slices.Clone(path), id))
		}
	}
	for _, r := range All() {
		walk(r.ID, nil)
	}
}

func TestPlaceholdersAreDocumented(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, r := range All() {
		for where, text := range templates(r) {
			for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
				used[m[1]] = true
				if !slices.ContainsFunc(keys, func(k key) bool { return k.name == m[1] }) {
					t.Errorf("%s, %s: {%s} is not documented", r.ID, where, m[1])
				}
				if m[2] == "" && where != "sentence" && !strings.HasPrefix(where, "special") {
					t.Errorf("%s, %s: {%s} needs words of its own", r.ID, where, m[1])
				}
			}
		}
		_, complete := fill(r.Sentence, nil)
		if complete != (r.Plain == "") {
			t.Errorf("%s: complete without evidence is %v, plain is %q", r.ID, complete, r.Plain)
		}
	}
	for _, k := range keys {
		if !used[k.name] {
			t.Errorf("%s is documented but not used", k.name)
		}
	}
}

func TestWording(t *testing.T) {
	t.Parallel()
	jargon := regexp.MustCompile(`(?i)\b(usbmuxd?|lockdown|daemon|sockets?|sessions?|staging|handshake|certificates?|channel|protocol|time-?out|tls|ssl|inode|stderr|errno|plist|manifest|kernel|mount(ed)?|failed to|invalid|wrongly|forgot to|your fault|you (must|have to|did|should))\b`)
	for _, r := range All() {
		for _, ev := range []Evidence{nil, samples()} {
			e := New(r.ID, ev, nil)
			s := e.Sentence()
			if n := len(strings.Fields(s)); n == 0 || n >= 25 {
				t.Errorf("%s: %d words: %s", r.ID, n, s)
			}
			if strings.ContainsAny(s, "{}") || strings.HasSuffix(s, ".") {
				t.Errorf("%s: %q", r.ID, s)
			}
			for _, goos := range []string{"darwin", "windows", "linux"} {
				for _, step := range e.Remedy(goos) {
					checkStep(t, r.ID, step)
				}
			}
			for _, list := range r.Instead {
				for _, step := range list.Steps {
					checkStep(t, r.ID, step)
				}
			}
		}
		for _, s := range append([]string{r.Sentence}, r.Special...) {
			if m := jargon.FindString(placeholder.ReplaceAllString(s, "")); m != "" {
				t.Errorf("%s: %q is jargon or blame: %s", r.ID, m, s)
			}
			if n := len(strings.Fields(s)); n >= 25 || strings.HasSuffix(s, ".") {
				t.Errorf("%s: %d words: %s", r.ID, n, s)
			}
		}
	}
}

// TestEveryThemeHasSteps holds that what people are told all over the net to look at
// when a backup does not work is in the steps of the cause that it is about.
func TestEveryThemeHasSteps(t *testing.T) {
	t.Parallel()
	for _, theme := range []struct {
		what  string
		id    ID
		goos  string
		steps string
	}{
		{"room on the computer", HostDiskFull, "linux", `(?i)free .*remove old backups`},
		{"room on the iPhone", DeviceStorageFull, "linux", `(?i)iphone storage.*remove`},
		{"updates of the Mac", HostSoftwareTooOld, "darwin", `Software Update`},
		{"updates of Windows programs", HostSoftwareTooOld, "windows", `Microsoft Store.*update`},
		{"updates of the iPhone", DeviceInternalError, "darwin", `install iOS updates`},
		{"restarting both", Unknown, "darwin", `(?i)restart the iPhone and the computer`},
		{"Screen Time", BackupBlockedByRestriction, "darwin", `Screen Time.*Content & Privacy`},
		{"an administrator", BackupBlockedByRestriction, "windows", `administrator`},
		{"another cable", CableNoData, "windows", `cable`},
		{"another port", USBEnumerationFailed, "windows", `another port`},
		{"trust", NotTrusted, "darwin", `Tap Trust`},
		{"trust that was refused", TrustDenied, "darwin", `Reset Location & Privacy`},
		{"other programs", SyncLockHeld, "darwin", `close it`},
		{"other programs that hold files", FileLocked, "windows", `Close iTunes`},
		{"antivirus programs", WriteBlockedBySecuritySoftware, "windows", `antivirus`},
		{"a backup that takes too long", BackupSlow, "darwin", `first backup finish.*hub.*Close programs.*restart`},
		{"iCloud that is full", ICloudStorageFull, "darwin", `free space or choose a larger plan`},
		{"no Wi-Fi", ICloudStorageFull, "darwin", `Wi-Fi`},
		{"a damaged earlier backup", PreviousBackupCorrupt, "darwin", `rename or move`},
		{"a forgotten password", BackupPasswordUnknown, "darwin", `Keychain Access.*Reset All Settings`},
		{"pictures without a backup", Unknown, "linux", `homeport photos`},
		{"Apple's program on Windows", AppleSupportMissing, "windows", `Microsoft Store.*Apple Devices`},
		{"the driver on Windows", USBDriverMissing, "windows", `uninstall Apple Devices.*install it again`},
	} {
		steps := strings.Join(New(theme.id, nil, nil).Remedy(theme.goos), " ")
		if !regexp.MustCompile(theme.steps).MatchString(steps) {
			t.Errorf("%s: %s on %s says %q", theme.what, theme.id, theme.goos, steps)
		}
	}
}

func checkStep(t *testing.T, id ID, step string) {
	t.Helper()
	if n := len(strings.Fields(step)); n > 30 {
		t.Errorf("%s: a step of %d words: %s", id, n, step)
	}
	isCommand := strings.Contains(step, ": sudo") || strings.Contains(step, ": homeport") || strings.Contains(step, ": brew")
	if !isCommand && !strings.HasSuffix(step, ".") {
		t.Errorf("%s: no full stop: %s", id, step)
	}
	if first := []rune(step)[0]; !unicode.IsUpper(first) || strings.HasPrefix(step, "IPhone") {
		t.Errorf("%s: begins oddly: %s", id, step)
	}
	if strings.ContainsAny(step, "{}") {
		t.Errorf("%s: placeholder left: %s", id, step)
	}
}

func TestCodesAreUniqueOrAmbiguous(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^(0xE80000[0-9A-F]{2}|(MBErrorDomain|windows|usbmuxd|device-manager)/[0-9]+|(lockdown|lockdown-client|mobilebackup2|iTunes|Finder)/-[0-9]+|errno/E[A-Z]+)$`)
	claims := map[string][]ID{}
	for _, r := range All() {
		for _, c := range r.Codes {
			claims[strings.ToLower(c)] = append(claims[strings.ToLower(c)], r.ID)
			if !form.MatchString(c) {
				t.Errorf("%s: odd code %q", r.ID, c)
			}
		}
	}
	for c, ids := range claims {
		slices.Sort(ids)
		listed := slices.Sorted(slices.Values(ambiguous[c]))
		if len(ids) > 1 && !slices.Equal(ids, listed) {
			t.Errorf("%s is claimed by %v, listed as %v", c, ids, listed)
		}
	}
	for c, ids := range ambiguous {
		if len(claims[c]) != len(ids) {
			t.Errorf("%s is listed as ambiguous, claimed by %v", c, claims[c])
		}
	}
}

// TestEveryCodeOfThePhone holds the table of a backup's final answers: each
// number that a phone is known to give has a cause.
func TestEveryCodeOfThePhone(t *testing.T) {
	t.Parallel()
	known := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 17, 22, 25, 26, 100, 101, 102, 103, 104, 105, 106, 202, 203, 204, 205, 207, 208, 209, 210, 211, 212, 213, 217, 218, 219, 220, 221, 222, 223, 224}
	for _, n := range known {
		if ids := ForCode(fmt.Sprintf("MBErrorDomain/%d", n)); len(ids) == 0 {
			t.Errorf("MBErrorDomain/%d has no cause", n)
		}
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	compare(t, filepath.Join("testdata", "catalogue.golden"), renderAll())
}

func TestDocsPage(t *testing.T) {
	t.Parallel()
	compare(t, filepath.Join("..", "docs", "causes.md"), page())
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs; look at the change, then run go test ./cause -update\n%s", file, diff)
	}
}

// renderAll shows every row as a person meets it: with evidence and without.
func renderAll() string {
	var b strings.Builder
	for _, r := range All() {
		e := New(r.ID, samples(), nil)
		sentence, _ := fill(r.Sentence, samples())
		fmt.Fprintf(&b, "%s: %s\n  %s/%s when=%s retry=%s exit=%d/%d\n  %s\n", r.ID, r.Title, r.Layer, r.Severity, r.When, r.Retry, r.ExitCode, e.ExitCode(), sentence)
		for _, s := range r.Special {
			special, _ := fill(s, samples())
			fmt.Fprintf(&b, "  special: %s\n", special)
		}
		if r.Plain != "" {
			fmt.Fprintf(&b, "  plain: %s\n", New(r.ID, nil, nil).Sentence())
		}
		for _, goos := range []string{"darwin", "windows", "linux"} {
			fmt.Fprintf(&b, "  %s: %s\n", goos, strings.Join(e.Remedy(goos), " | "))
		}
		for _, list := range r.Instead {
			fmt.Fprintf(&b, "  with %s: %s\n", list.With, strings.Join(list.Steps, " | "))
		}
	}
	return b.String()
}
