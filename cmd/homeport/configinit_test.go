package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"homeport/cause"
	"homeport/preflight"
)

// TestRank orders places as a person would.
func TestRank(t *testing.T) {
	t.Parallel()
	free := func(p place, gib int64) place {
		p.volume = preflight.Volume{Free: gib << 30}
		return p
	}
	usual, drive, stick := place{dir: "usual", usual: true}, place{dir: "drive"}, place{dir: "stick", why: "FAT"}
	share, synced, before := place{dir: "share", share: true}, place{dir: "synced", notes: []string{"cloud"}}, place{dir: "before", store: true}
	for _, c := range []struct {
		name string
		list []place
		want []string
	}{
		{"the usual place has room", []place{free(drive, 4000), free(usual, 300), stick}, []string{"usual", "drive"}},
		{"it has little", []place{free(usual, 20), free(drive, 4000)}, []string{"drive", "usual"}},
		{"a little more is not enough", []place{free(drive, 25), free(usual, 20)}, []string{"usual", "drive"}},
		{"both have little", []place{free(usual, 20), free(drive, 10)}, []string{"usual", "drive"}},
		{"backups are there already", []place{free(usual, 300), free(drive, 4000), free(before, 5)}, []string{"before", "usual", "drive"}},
		{"a cloud would take them", []place{free(synced, 4000), free(usual, 20)}, []string{"usual", "synced"}},
		{"a share is for need", []place{free(share, 9000), free(usual, 20)}, []string{"usual"}},
		{"and then it is there", []place{free(share, 9000), stick}, []string{"share"}},
		{"nothing", []place{stick}, nil},
	} {
		good, bad := rank(c.list)
		var got []string
		for _, p := range good {
			got = append(got, p.dir)
		}
		if !slices.Equal(got, c.want) || slices.ContainsFunc(bad, func(p place) bool { return p.why == "" }) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestPlacesHere looks at this computer: the usual place is looked at through the
// nearest folder that is there, and nothing is left behind.
func TestPlacesHere(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	good, bad := (&app{}).places(t.Context(), filepath.Join(home, "a", "b", "backups"))
	i := slices.IndexFunc(slices.Concat(good, bad), func(p place) bool { return p.usual })
	p := slices.Concat(good, bad)[i]
	if p.drive != home || p.why != "" || p.volume.Total <= 0 {
		t.Errorf("the usual place: %+v", p)
	}
	if left, err := os.ReadDir(home); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestAskPlace answers the one question in the ways in which people do.
func TestAskPlace(t *testing.T) {
	t.Parallel()
	other := filepath.Join(t.TempDir(), "other")
	for in, want := range map[string]string{
		"\n": "first", "2\n": "second", " 1 \r\n": "first", other + "\n": other, "7\nx\n2\n": "second",
		"": "", "x\ny\nz\n": "", "0\n-1\n3\n": "", strings.Repeat("x", 1<<20): "",
	} {
		var out bytes.Buffer
		a := &app{stdin: strings.NewReader(in), stdout: &output{w: &out}}
		got, err := a.askPlace(t.Context(), []place{{dir: "first"}, {dir: "second"}}, []place{{dir: "stick", why: "it is FAT"}})
		if got != want || (err == nil) != (want != "") || !strings.Contains(out.String(), "not offered: it is FAT") {
			t.Errorf("%.20q: %q, %v\n%s", in, got, err, out.String())
		}
	}
}

// TestAskPlaceIsInterrupted has a person who presses Ctrl-C at the question.
func TestAskPlaceIsInterrupted(t *testing.T) {
	t.Parallel()
	in, keyboard := io.Pipe()
	t.Cleanup(func() { _ = keyboard.Close() })
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(interrupted{os.Interrupt})
	a := &app{stdin: in, stdout: &output{w: io.Discard}}
	_, err := a.askPlace(ctx, []place{{dir: "first"}}, nil)
	if exitCode(ctx, err) != cause.ExitInterrupted {
		t.Errorf("got %v", err)
	}
}

// TestNamedPlace takes the folders that people name, and says what is wrong with the rest.
func TestNamedPlace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	note := filepath.Join(dir, "note.txt")
	if err := os.WriteFile(note, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "new"):         "",
		dir:                               "",
		filepath.Join(dir, "not", "here"): "the folder " + filepath.Join(dir, "not") + ", in which",
		note:                              note + " is a file",
	} {
		got, err := namedPlace(path)
		if want == "" && (err != nil || got != path) || want != "" && (err == nil || !strings.HasPrefix(failureOf(err).Message, want)) {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
	if home := homeFolder(); home != "" && atHome(filepath.Join("~", "x")) != filepath.Join(home, "x") {
		t.Error("~ is not at home")
	}
}

// TestSetAsideFile keeps each old file under a name of its own.
func TestSetAsideFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "config.yaml")
	for _, want := range []string{file + ".bak", file + ".bak2", file + ".bak3"} {
		if err := os.WriteFile(file, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := setAsideFile(file); got != want || err != nil {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
		if data, err := os.ReadFile(want); string(data) != want {
			t.Errorf("%q, %v", data, err)
		}
	}
}
