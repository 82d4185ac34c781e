package mobilesync

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"homeport/backup/tree"
)

func TestSelection(t *testing.T) {
	t.Parallel()
	const sms, dcim = "Library/SMS/sms.db", "Media/DCIM/100APPLE/IMG_0001.HEIC"
	for _, c := range []struct {
		name        string
		s           Selection
		domain, rel string
		want        bool
	}{
		{"all", Selection{}, "HomeDomain", sms, true},
		{"domain", Selection{Domains: []string{"HomeDomain"}}, "HomeDomain", sms, true},
		{"another domain", Selection{Domains: []string{"Home"}}, "HomeDomain", sms, false},
		{"path", Selection{Paths: []string{"HomeDomain/" + sms}}, "HomeDomain", sms, true},
		{"folder", Selection{Paths: []string{"HomeDomain/Library/"}}, "HomeDomain", sms, true},
		{"not a beginning of a name", Selection{Paths: []string{"HomeDomain/Lib"}}, "HomeDomain", sms, false},
		{"a domain as a path", Selection{Paths: []string{"HomeDomain"}}, "HomeDomain", "", true},
		{"path without its domain", Selection{Paths: []string{"Library"}}, "HomeDomain", sms, false},
		{"path in a domain", Selection{Domains: []string{"HomeDomain"}, Paths: []string{"Library"}}, "HomeDomain", sms, true},
		{"last component", Selection{Paths: []string{"*.HEIC"}}, "CameraRollDomain", dcim, true},
		{"no last component", Selection{Paths: []string{"*.JPG"}}, "CameraRollDomain", dcim, false},
		{"wildcard folder", Selection{Paths: []string{"CameraRollDomain/Media/DCIM/1*"}}, "CameraRollDomain", dcim, true},
		{"wildcard domain", Selection{Paths: []string{"App*/Library"}}, "AppDomain-x", "Library/a", true},
		{"one of two", Selection{Paths: []string{"x", "HomeDomain/" + sms}}, "HomeDomain", sms, true},
		{"group", Selection{Groups: []Group{"photos"}}, "CameraRollDomain", dcim, true},
		{"another group", Selection{Groups: []Group{"messages"}}, "CameraRollDomain", dcim, false},
		{"group and path", Selection{Groups: []Group{"photos"}, Paths: []string{"*.JPG"}}, "CameraRollDomain", dcim, false},
		{"attachments", Selection{Groups: []Group{"messages"}}, "MediaDomain", "Library/SMS/Attachments/00/a.jpg", true},
		{"not an attachment", Selection{Groups: []Group{"messages"}}, "MediaDomain", "Library/SMSX", false},
		{"app", Selection{Groups: []Group{"app:com.x"}}, "AppDomain-com.x", "a", true},
		{"its extension", Selection{Groups: []Group{"app:com.x"}}, "AppDomainPlugin-com.x.share", "a", true},
		{"its shared folder", Selection{Groups: []Group{"app:com.x"}}, "AppDomainGroup-group.com.x.shared", "a", true},
		{"another app", Selection{Groups: []Group{"app:com.x"}}, "AppDomain-com.x.other", "a", false},
		{"and another", Selection{Groups: []Group{"app:com.x"}}, "AppDomain-com.xy", "a", false},
	} {
		if got := c.s.Match(c.domain, c.rel); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if err := (Selection{Paths: []string{"a/[b"}}).Check(); err == nil {
		t.Error("a wildcard without an end is taken")
	}
}

func TestGroups(t *testing.T) {
	t.Parallel()
	for _, g := range Groups() {
		if got, err := ParseGroup(string(g)); err != nil || got != g {
			t.Errorf("%s: %v", g, err)
		}
	}
	if g, err := ParseGroup("app:com.x"); err != nil || g != "app:com.x" {
		t.Errorf("app: %v", err)
	}
	for _, bad := range []string{"", "app:", "photo", "Photos"} {
		if _, err := ParseGroup(bad); err == nil {
			t.Errorf("%q is a group", bad)
		}
	}
	for _, c := range []struct {
		domain, rel string
		want        Group
	}{
		{"CameraRollDomain", "Media/DCIM/100APPLE/a", "photos"}, {"AppDomainGroup-group.com.apple.notes", "NoteStore.sqlite", "notes"},
		{"MediaDomain", "Media/Recordings/a.m4a", "voice-memos"}, {"AppDomain-com.x", "a", "app:com.x"}, {"HomeDomain", "Library", ""},
	} {
		if got := GroupOf(c.domain, c.rel); got != c.want {
			t.Errorf("%s/%s: %q", c.domain, c.rel, got)
		}
	}
}

// TestNamesAreTheSameEachTime reads one list twice, with another selection in
// between forgotten folders.
func TestNamesAreTheSameEachTime(t *testing.T) {
	t.Parallel()
	paths := []string{"A/x", "a/x", "A/X", "a/x.txt", "A/é", "A/e\u0301", "con/aux.h", "con_/aux_.h"}
	var first []string
	for range 3 {
		n := newNamer()
		var got []string
		for _, p := range paths {
			clear(n.dirs)
			host, err := n.place("D", p, false)
			must(t, err)
			got = append(got, host)
		}
		if first == nil {
			first = got
		}
		if !slices.Equal(got, first) {
			t.Errorf("%q, before %q", got, first)
		}
	}
	seen := map[string]bool{}
	for _, p := range first {
		if seen[fold(p)] {
			t.Errorf("twice: %q", p)
		}
		seen[fold(p)] = true
	}
}

func FuzzSafeName(f *testing.F) {
	for _, s := range []string{"a", "..", "con.txt", "a:b", "x\x00", "\xff\xfe", ".hp-part-x", "e\u0301.", strings.Repeat("é", 200)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, c string) {
		if strings.Contains(c, "/") {
			return
		}
		name, err := safeName(c)
		if err != nil {
			return
		}
		again, err := safeName(name)
		if err != nil || again != name {
			t.Errorf("%q became %q, and that %q, %v", c, name, again, err)
		}
		switch {
		case len(name) > maxHostName, !utf8.ValidString(name), name == "", name == ".", name == "..":
			t.Errorf("%q became %q", c, name)
		case strings.ContainsAny(name, "\\/:*?\"<>|\x00\n"), tree.IsTemp(name), strings.HasSuffix(name, "."), strings.HasSuffix(name, " "):
			t.Errorf("%q became %q", c, name)
		}
	})
}
