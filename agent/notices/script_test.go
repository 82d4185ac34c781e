package notices

import (
	"bytes"
	"encoding/xml"
	"io"
	"slices"
	"strings"
	"testing"
)

// TestAppleScript keeps texts out of the script.
func TestAppleScript(t *testing.T) {
	t.Parallel()
	evil := `" & (do shell script "id") & "`
	args := appleScript(Notice{Title: "Passcode wanted", Text: evil})
	for i, a := range args {
		if a == "-e" && strings.Contains(args[i+1], "do shell script") {
			t.Errorf("the text is in the script: %q", args)
		}
	}
	if !slices.Equal(args[len(args)-2:], []string{"Passcode wanted", evil}) {
		t.Errorf("got %q", args)
	}
}

// TestToastText puts hostile texts where a toast has them.
func TestToastText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"$(calc)", "`$x`", "]]></text><image src=\"http://x\"/><text><![CDATA[", "]]]>>", "${env:USERNAME}", `"@`, "Anna's \"iPhone\" & <b>"} {
		safe := toastText(text)
		if strings.ContainsAny(safe, "$`") {
			t.Errorf("%q became %q", text, safe)
		}
		d := xml.NewDecoder(bytes.NewReader([]byte("<text><![CDATA[" + safe + "]]></text>")))
		read, tags := "", 0
		for {
			token, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			switch x := token.(type) {
			case xml.StartElement:
				tags++
			case xml.CharData:
				read += string(x)
			}
		}
		if read != safe || tags != 1 {
			t.Errorf("%q reads as %q with %d tags", text, read, tags)
		}
	}
}

func TestBusAddress(t *testing.T) {
	t.Parallel()
	env := func(pairs ...string) func(string) string {
		return func(name string) string {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1]
				}
			}
			return ""
		}
	}
	there := func(string) bool { return true }
	for _, tt := range []struct {
		getenv   func(string) string
		isSocket func(string) bool
		want     string
	}{
		{env("DBUS_SESSION_BUS_ADDRESS", "unix:abstract=/tmp/x"), there, "unix:abstract=/tmp/x"},
		{env("XDG_RUNTIME_DIR", "/run/user/1000"), there, "unix:path=%2Frun%2Fuser%2F1000%2Fbus"},
		{env("XDG_RUNTIME_DIR", "relative"), there, "unix:path=%2Frun%2Fuser%2F7%2Fbus"},
		{env(), func(string) bool { return false }, ""},
	} {
		if got := busAddress(tt.getenv, 7, tt.isSocket); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
	for address, want := range map[string]string{
		"unix:path=/run/user/1000/bus": "/run/user/1000/bus", "unix:guid=1,path=/a%20b": "/a b", "unix:abstract=/tmp/d,guid=2": "@/tmp/d",
		"tcp:host=localhost": "", "unix:path=": "", "unix:path=%zz": "", "unixexec:path=/bin/sh": "", "": "",
	} {
		if got, ok := unixPath(address); got != want || ok != (want != "") {
			t.Errorf("%q: got %q, %v", address, got, ok)
		}
	}
}
