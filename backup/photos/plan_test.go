package photos

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC).UnixNano()

// planned plans for an empty folder unless a test says otherwise, and answers
// phone path, arrow, name.
func planned(rec *record, d disk, items ...item) []string {
	if rec == nil {
		rec = newRecord()
	}
	slices.SortFunc(items, func(a, b item) int { return strings.Compare(a.path, b.path) })
	var out []string
	for _, b := range newPlanner(rec, d, time.UTC).plan(items).batches {
		for _, j := range b.jobs {
			out = append(out, j.path+" > "+j.name)
		}
	}
	slices.Sort(out)
	return out
}

func at(path string, ns int64) item { return item{path: path, size: 10, mod: ns, born: ns} }

func TestPlanNames(t *testing.T) {
	t.Parallel()
	day := int64(24 * time.Hour)
	for name, tc := range map[string]struct {
		items []item
		want  string
	}{
		"an edit later moves nothing": {
			[]item{at("/DCIM/100APPLE/IMG_0001.HEIC", noon), at("/DCIM/100APPLE/IMG_0001.AAE", noon+40*day), at("/DCIM/100APPLE/IMG_E0001.JPG", noon+40*day)},
			"2026-11/IMG_0001.AAE 2026-11/IMG_0001.HEIC 2026-11/IMG_E0001.JPG",
		},
		"the earlier date": {
			[]item{{path: "/DCIM/100APPLE/IMG_0001.HEIC", mod: noon, born: noon + 300*day}, {path: "/DCIM/100APPLE/IMG_0002.HEIC", mod: noon + 300*day, born: noon}},
			"2026-11/IMG_0001.HEIC 2026-11/IMG_0002.HEIC",
		},
		"no date": {[]item{at("/DCIM/100APPLE/A.JPG", 0), at("/DCIM/100APPLE/B.JPG", math.MaxInt64), at("/DCIM/100APPLE/C.JPG", -5)}, "undated/A.JPG undated/B.JPG undated/C.JPG"},
		"two folders, one month": {
			[]item{at("/DCIM/100APPLE/IMG_0001.HEIC", noon), at("/DCIM/100APPLE/IMG_0001.MOV", noon), at("/DCIM/101APPLE/IMG_0001.HEIC", noon), at("/DCIM/101APPLE/IMG_0001.MOV", noon)},
			"2026-11/IMG_0001.HEIC 2026-11/IMG_0001.MOV 2026-11/IMG_0001-2.HEIC 2026-11/IMG_0001-2.MOV",
		},
		"no false Live Photo": {
			[]item{at("/DCIM/100APPLE/IMG_0001.HEIC", noon), at("/DCIM/101APPLE/IMG_0001.MOV", noon)},
			"2026-11/IMG_0001.HEIC 2026-11/IMG_0001-2.MOV",
		},
		"case": {
			[]item{at("/DCIM/100APPLE/IMG_0001.HEIC", noon), at("/DCIM/100APPLE/img_0001.heic", noon), at("/DCIM/100APPLE/Img_0001.MOV", noon)},
			"2026-11/IMG_0001.HEIC 2026-11/Img_0001-2.MOV 2026-11/img_0001-3.heic",
		},
		"two places of an edit": {
			[]item{at("/DCIM/100APPLE/IMG_0001.HEIC", noon), at("/DCIM/100APPLE/IMG_E0001.HEIC", noon), at("/PhotoData/Mutations/DCIM/100APPLE/IMG_0001/Adjustments/FullSizeRender.heic", noon)},
			"2026-11/IMG_0001.HEIC 2026-11/IMG_E0001.HEIC 2026-11/IMG_E0001_.HEIC",
		},
		"from iCloud": {
			[]item{at("/PhotoData/CPLAssets/group1/C3C25836-60EE-4C14-A10A-71BDDA8A0F31.JPG", noon), at("/PhotoData/Mutations/PhotoData/CPLAssets/group1/C3C25836-60EE-4C14-A10A-71BDDA8A0F31/Adjustments/FullSizeRender.jpg", noon)},
			"2026-11/C3C25836-60EE-4C14-A10A-71BDDA8A0F31.JPG 2026-11/C3C25836-60EE-4C14-A10A-71BDDA8A0F31-edited.JPG",
		},
	} {
		var got []string
		for _, line := range planned(nil, nil, tc.items...) {
			_, to, _ := strings.Cut(line, " > ")
			got = append(got, strings.TrimPrefix(to, "2026/"))
		}
		want := strings.Fields(tc.want)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestPlanZone(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("east", 13*3600)
	p := newPlanner(newRecord(), nil, zone).plan([]item{at("/DCIM/100APPLE/A.JPG", time.Date(2026, 12, 31, 12, 0, 0, 0, time.UTC).UnixNano())})
	if got := p.batches[0].jobs[0].name; got != "2027/2027-01/A.JPG" {
		t.Errorf("%s", got)
	}
}

// copied is a record and a disk with these files.
func copied(pairs ...string) (*record, disk) {
	rec, d := newRecord(), disk{}
	for i := 0; i < len(pairs); i += 2 {
		rec.add(entry{at(pairs[i], noon), sha(pairs[i]), pairs[i+1]})
		dir, name := splitName(pairs[i+1])
		if d[dir] == nil {
			d[dir] = map[string]int64{}
		}
		d[dir][fold(name)] = 10
	}
	return rec, d
}

func TestPlanAgain(t *testing.T) {
	t.Parallel()
	const heic, mov, aae = "/DCIM/100APPLE/IMG_0001.HEIC", "/DCIM/100APPLE/IMG_0001.MOV", "/DCIM/100APPLE/IMG_0001.AAE"
	rec, d := copied(heic, "2026/2026-11/IMG_0001-2.HEIC", mov, "2026/2026-11/IMG_0001-2.MOV")
	check := func(what string, want string, items ...item) {
		t.Helper()
		if got := strings.Join(planned(rec, d, items...), "; "); got != want {
			t.Errorf("%s: %s", what, got)
		}
	}
	check("nothing to do", "", at(heic, noon), at(mov, noon))
	check("an edit joins them", aae+" > 2026/2026-11/IMG_0001-2.AAE", at(heic, noon), at(mov, noon), at(aae, noon+1))
	check("a pair changed", heic+" > 2026/2026-11/IMG_0001-3.HEIC; "+mov+" > 2026/2026-11/IMG_0001-3.MOV", at(heic, noon+1), at(mov, noon+1))
	check("half of it changed", heic+" > 2026/2026-11/IMG_0001-3.HEIC", at(heic, noon+1), at(mov, noon))
	check("another picture of that name", heic+" > 2027/2027-01/IMG_0001.HEIC", at(heic, noon+40*24*3600e9))
	delete(d["2026/2026-11"], "img_0001-2.mov")
	check("missing here", mov+" > 2026/2026-11/IMG_0001-2.MOV", at(heic, noon), at(mov, noon))
	d["2026/2026-11"]["img_0001-2.mov"] = 11
	check("changed here", mov+" > 2026/2026-11/IMG_0001-3.MOV", at(heic, noon), at(mov, noon))
}

// Whatever is on the phone and in the folder: no two files get one name, in any
// case; nothing that is there is named; a stem belongs to one group.
func TestPlanNeverCollides(t *testing.T) {
	t.Parallel()
	words := []string{"IMG_0001", "img_0001", "IMG_E0001", "IMG_O0001", "IMG_0001-2", "IMG_0001-3", "IMG_00010", "a b", "Zoë", "CON"}
	exts := []string{".HEIC", ".MOV", ".AAE", ".heic", ""}
	for seed := range uint64(300) {
		r := seed*2654435761 + 12345
		next := func(n int) int {
			r = r*6364136223846793005 + 1442695040888963407
			return int(r>>33) % n
		}
		rec, d := newRecord(), disk{"2026/2026-11": {}}
		var items []item
		for range next(30) {
			name := words[next(len(words))] + exts[next(len(exts))]
			switch p := fmt.Sprintf("/DCIM/10%dAPPLE/%s", next(3), name); next(4) {
			case 0:
				d["2026/2026-11"][fold(safe(name))] = int64(10 + next(2))
			case 1:
				rec.add(entry{at(p, noon-int64(next(2))), sha(p), "2026/2026-11/" + safe(name)})
			default:
				items = append(items, at(p, noon))
			}
		}
		slices.SortFunc(items, func(a, b item) int { return strings.Compare(a.path, b.path) })
		items = slices.CompactFunc(items, func(a, b item) bool { return a.path == b.path })
		names, stems := map[string]bool{}, map[string]string{}
		for _, b := range newPlanner(rec, d, time.UTC).plan(items).batches {
			for _, j := range b.jobs {
				dir, base := splitName(j.name)
				_, there := d[dir][fold(base)]
				if names[fold(j.name)] || there != j.compare {
					t.Fatalf("seed %d: %s > %s, compare %v", seed, j.path, j.name, j.compare)
				}
				names[fold(j.name)] = true
				if g, ok := stems[stemKey(dir, base)]; ok && g != b.group {
					t.Fatalf("seed %d: %s belongs to %s and to %s", seed, base, g, b.group)
				}
				stems[stemKey(dir, base)] = b.group
			}
		}
	}
}

func TestSafeNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"IMG_0001.HEIC": "IMG_0001.HEIC", "IMG 2 (1).JPG": "IMG 2 (1).JPG", "CON.JPG": "_CON.JPG", "a:b?.JPG": "a_b_.JPG", "Zoë.JPG": "Zo_.JPG",
		"-rf.JPG": "_-rf.JPG", "x.": "x", "写真.jpg": "__.jpg", "a.very long extension": "a.very long exten",
		strings.Repeat("x", 300) + ".MOV": strings.Repeat("x", maxStem) + ".MOV", "Manifest.DB": "_Manifest.DB",
	} {
		if got := safe(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
