package service

import (
	"reflect"
	"slices"
	"testing"
)

// TestReadBack reads every hostile text back out of a unit and a property list.
func TestReadBack(t *testing.T) {
	t.Parallel()
	for _, text := range hostile {
		if text == "" || unreadable(text) {
			continue
		}
		want := Spec{Program: text, Args: []string{"--state", text, "service", "run"}, Env: []Variable{{"A", text}, {"B", "c=d e"}}, User: "anna"}
		unit, err := Unit(want)
		if err != nil {
			t.Fatal(err)
		}
		if got := ParseUnit(unit); !reflect.DeepEqual(got, want) {
			t.Errorf("unit\n got %+v\nwant %+v", got, want)
		}
		want.Errors = text
		list, err := LaunchAgent(want)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ParseLaunchAgent(list); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("property list\n got %+v, %v\nwant %+v", got, err, want)
		}
	}
}

// TestReadOthers reads what another hand wrote, or half of it.
func TestReadOthers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Spec{
		"": {}, "ExecStart=": {}, "ExecStart=/usr/bin/homeport run\n": {Program: "/usr/bin/homeport", Args: []string{"run"}},
		"[Service]\nExecStart=\"/a\\": {Program: "/a\\", Args: []string{}}, "User=": {}, "Environment=x\nExecStart=\"\"": {Args: []string{}},
	} {
		if got := ParseUnit([]byte(text)); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, not %+v", text, got, want)
		}
	}
	for _, text := range []string{"", "<plist", "<plist><dict><key>ProgramArguments</key></dict></plist>", "<plist><dict><key>UserName</key><array/></dict></plist>"} {
		if got, err := ParseLaunchAgent([]byte(text)); got.Program != "" || (err == nil) != (len(text) > 10) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

func TestParseUnitPath(t *testing.T) {
	t.Parallel()
	got := ParseUnitPath("\"/home/ben/my etc/systemd/user\" /etc/systemd/user \"/a\\\"b\"\n")
	if want := []string{"/home/ben/my etc/systemd/user", "/etc/systemd/user", `/a"b`}; !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
}
