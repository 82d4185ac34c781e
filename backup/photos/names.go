package photos

import (
	"path"
	"regexp"
	"strconv"
	"strings"

	"homeport/backup/tree"
)

// The places of pictures on the phone.
const (
	cameraRoot    = "/DCIM"
	cloudRoot     = "/PhotoData/CPLAssets"
	mutationsRoot = "/PhotoData/Mutations"
	rendered      = "FullSizeRender"
	adjustments   = "Adjustments"
)

// cameraName is how cameras name pictures: three letters, and a number that may
// have the mark of an edit before it.
var cameraName = regexp.MustCompile(`^([A-Za-z]{3}_)([EO]?)([0-9]{4,}.*)$`)

// cut parts a file name into its stem and its extension with the dot.
func cut(name string) (stem, ext string) {
	ext = path.Ext(name)
	return strings.TrimSuffix(name, ext), ext
}

// common is the stem that a file shares with those that belong to it.
func common(name string) string {
	stem, _ := cut(name)
	if m := cameraName.FindStringSubmatch(stem); m != nil && m[2] != "" {
		return m[1] + m[3]
	}
	return stem
}

// groupOf names, for a phone's path, the group of files that belong together: the
// folder of the original and the common stem. The path of an edited picture
// leads to its original.
func groupOf(p string) string {
	if of, ok := originalOf(p); ok {
		p = of
	}
	dir, base := path.Split(p)
	return dir + common(base)
}

// originalOf answers the path, without extension, of the original that an edited
// picture was made from.
func originalOf(p string) (string, bool) {
	rest, ok := strings.CutPrefix(p, mutationsRoot+"/")
	if !ok {
		return "", false
	}
	dir, base := path.Split(rest)
	stem, _ := cut(base)
	of, ok := strings.CutSuffix(dir, "/"+adjustments+"/")
	return "/" + of + ".", ok && stem == rendered && strings.Contains(of, "/")
}

// nameFor is what a phone's file is called in the folder, before numbers.
func nameFor(p string) string {
	base := path.Base(p)
	if of, ok := originalOf(p); ok {
		_, ext := cut(base)
		base = edited(strings.TrimSuffix(path.Base(of), ".")) + strings.ToUpper(ext)
	}
	return safe(base)
}

// isExtra tells whether a file is a result of an edit: its dates say when it was
// edited and not when the picture was taken.
func isExtra(p string) bool {
	if _, ok := originalOf(p); ok {
		return true
	}
	stem, ext := cut(path.Base(p))
	m := cameraName.FindStringSubmatch(stem)
	return strings.EqualFold(ext, ".AAE") || m != nil && m[2] != ""
}

// edited is the stem of the edited picture.
func edited(stem string) string {
	if m := cameraName.FindStringSubmatch(stem); m != nil {
		return m[1] + "E" + m[3]
	}
	return stem + "-edited"
}

// maxStem leaves room for a number behind a stem, in every file system.
const maxStem = 180

// safe is name when every system can hold it, and else something like it.
func safe(name string) string {
	stem, ext := cut(name)
	if len(stem) <= maxStem && len(ext) <= 16 && tree.ValidName(name) {
		return name
	}
	stem, ext = plain(stem), plain(ext)
	stem = strings.Trim(stem[:min(len(stem), maxStem)], " .")
	if ext = strings.TrimRight(ext[:min(len(ext), 16)], " ."); len(ext) < 2 {
		ext = ""
	}
	for _, try := range []string{stem + ext, "_" + stem + ext} {
		if tree.ValidName(try) {
			return try
		}
	}
	return "photo"
}

// plain replaces what some system gives a meaning of its own.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && tree.ValidName("x"+string(r)+"x") {
			return r
		}
		return '_'
	}, s)
}

// numbered puts a number behind the stem; 1 means none.
func numbered(name string, n int) string {
	if n <= 1 {
		return name
	}
	stem, ext := cut(name)
	return stem + "-" + strconv.Itoa(n) + ext
}

// fold makes names equal that some file system takes for one.
func fold(name string) string { return strings.ToLower(name) }
