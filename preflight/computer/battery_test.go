package computer

import (
	"os"
	"path/filepath"
	"testing"

	"homeport/preflight"
)

// TestBatteryOfSupplies reads trees of Linux's /sys/class/power_supply.
func TestBatteryOfSupplies(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]preflight.Battery{
		"laptop":  {Present: true, Percent: 20},                 // two batteries, weighed; a mouse and a phone do not count
		"usbc":    {Present: true, Percent: 12, External: true}, // the charger hangs at the other port
		"tablet":  {Present: true, Percent: 15, External: true}, // no charger listed, full
		"desktop": {},
		"bay":     {},
	} {
		list, err := supplies(os.DirFS(filepath.Join("testdata/power", name)))
		if err != nil {
			t.Fatal(err)
		}
		if got := batteryOfSupplies(list); got != want {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
	if _, err := supplies(os.DirFS("testdata/power/none")); err == nil {
		t.Error("a tree that is not there was read")
	}
}

func TestSuppliesThatTellLittle(t *testing.T) {
	t.Parallel()
	full := supply{"TYPE": "Battery", "CAPACITY": "9", "STATUS": "Discharging"}
	for name, tt := range map[string]struct {
		list []supply
		want preflight.Battery
	}{
		"nothing":                {nil, preflight.Battery{}},
		"no charger, discharges": {[]supply{full}, preflight.Battery{Present: true, Percent: 9}},
		"charges, none online":   {[]supply{{"TYPE": "Battery", "CAPACITY": "9", "STATUS": "Charging"}, {"TYPE": "Mains", "ONLINE": "0"}}, preflight.Battery{Present: true, Percent: 9, External: true}},
		"nonsense":               {[]supply{{"TYPE": "Battery", "CAPACITY": "900"}}, preflight.Battery{}},
		"overfull":               {[]supply{{"TYPE": "Battery", "CHARGE_NOW": "12", "CHARGE_FULL": "10"}, {"TYPE": "Mains", "ONLINE": "0"}}, preflight.Battery{Present: true, Percent: 100}},
		"one tells no energy":    {[]supply{full, {"TYPE": "Battery", "CAPACITY": "30", "ENERGY_NOW": "3", "ENERGY_FULL": "10"}}, preflight.Battery{Present: true, Percent: 19}},
	} {
		if got := batteryOfSupplies(tt.list); got != tt.want {
			t.Errorf("%s: got %+v, want %+v", name, got, tt.want)
		}
	}
}

func TestBatteryOfPmset(t *testing.T) {
	t.Parallel()
	for out, want := range map[string]preflight.Battery{
		"Now drawing from 'Battery Power'\n -InternalBattery-0 (id=4325475)\t19%; discharging; 1:02 remaining present: true\n": {Present: true, Percent: 19},
		"Now drawing from 'Battery Power'\n -InternalBattery-0 (id=4325475)\t97%; discharging; (no estimate) present: true\n":  {Present: true, Percent: 97},
		"Now drawing from 'AC Power'\n -InternalBattery-0 (id=4325475)\t5%; AC attached; not charging present: true\n":         {Present: true, Percent: 5, External: true},
		"Now drawing from 'AC Power'\n -InternalBattery-0 (id=4325475)\t85%; charging; 0:45 remaining present: true\n":         {Present: true, Percent: 85, External: true},
		"Now drawing from 'AC Power'\n": {},
		"Now drawing from 'UPS Power'\n -Back-UPS ES 700G FW:871.O4 .I USB FW:O4 (id=-500)\t4%; discharging; 0:03 remaining present: true\n": {},
		"Now drawing from 'AC Power'\n -InternalBattery-0 (id=0)\t0%; charging; present: false\n":                                            {},
		" -InternalBattery-0 (id=1)\t999%; x": {},
		"":                                    {},
	} {
		if got := batteryOfPmset(out); got != want {
			t.Errorf("%q: got %+v, want %+v", out, got, want)
		}
	}
}

func TestBatteryOfStatus(t *testing.T) {
	t.Parallel()
	for in, want := range map[[3]byte]preflight.Battery{
		{0, 2, 17}:      {Present: true, Percent: 17}, // low, on battery
		{1, 8, 17}:      {Present: true, Percent: 17, External: true},
		{1, 0, 100}:     {Present: true, Percent: 100, External: true},
		{1, 128, 255}:   {}, // a desktop
		{255, 255, 255}: {},
		{255, 1, 60}:    {},
	} {
		if got := batteryOfStatus(in[0], in[1], in[2]); got != want {
			t.Errorf("%v: got %+v, want %+v", in, got, want)
		}
	}
}

// FuzzBattery feeds what another program or the kernel may show.
func FuzzBattery(f *testing.F) {
	f.Add("Now drawing from 'Battery Power'\n -InternalBattery-0 (id=1)\t19%; discharging;", "19", "Discharging")
	f.Fuzz(func(t *testing.T, out, number, status string) {
		for _, b := range []preflight.Battery{
			batteryOfPmset(out),
			batteryOfSupplies([]supply{{"TYPE": "Battery", "CAPACITY": number, "ENERGY_NOW": number, "ENERGY_FULL": number, "STATUS": status}}),
		} {
			if b.Percent < 0 || b.Percent > 100 || !b.Present && b != (preflight.Battery{}) {
				t.Errorf("got %+v", b)
			}
		}
	})
}
