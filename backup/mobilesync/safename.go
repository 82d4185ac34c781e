package mobilesync

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/maphash"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"homeport/backup/tree"
)

// A phone's names may be anything: made by people in every script, by apps, or by
// somebody who wants to reach outside the folder. On the host each becomes one
// that every file system takes and none reads differently, the same on all
// systems:
//
//   - what a system forbids or acts upon (control characters, \ : * ? " < > |,
//     invisible and direction characters, a dot or space at the end) is written as
//     %XX for each byte;
//   - a name that Windows reserves, or that a desktop acts upon, gets an underscore;
//   - one longer than 240 bytes is cut, and gets a "~" and 8 digits of its hash;
//   - one that differs from another of its folder only in case or in how accents are
//     encoded gets a "~" and 8 digits as well.
//
// A path with "..", with an empty component, or with a NUL is refused: no phone has
// one.

// Limits on a name and a path on the host.
const (
	maxHostName  = 240 // bytes: 255 is what file systems take, and a suffix may come
	maxHostDepth = 64  // components
	maxHostPath  = 4096
	maxNames     = 20 << 20 // that a namer keeps apart
	maxDirs      = 1 << 16  // that it remembers; it can find them again
)

// errName is wrapped when a path cannot have a name on the host.
var errName = errors.New("not a path that a phone has")

// namer gives each of a phone's files its path on the host. The same manifest read
// in the same order gives the same paths.
type namer struct {
	seed  maphash.Seed
	taken map[uint64]uint64 // folded path on the host, to the path on the phone; hashes, to be small
	dirs  map[string]string // folder on the phone to folder on the host
}

func newNamer() *namer {
	return &namer{seed: maphash.MakeSeed(), taken: map[uint64]uint64{}, dirs: map[string]string{}}
}

// place returns the slash path of a file, or of a folder, below the folder that is
// extracted to.
func (n *namer) place(domain, rel string, folder bool) (string, error) {
	if len(domain)+len(rel) > maxHostPath || strings.Contains(domain, "/") || domain == "" {
		return "", errName
	}
	full := domain
	if rel != "" {
		full += "/" + rel
	}
	if strings.Count(full, "/") >= maxHostDepth {
		return "", fmt.Errorf("%w: more than %d folders deep", errName, maxHostDepth)
	}
	if folder {
		return n.dir(full)
	}
	return n.resolve(full, full)
}

// resolve names the last component of full, after those above it. id is what the
// name will stand for: a file and a folder of the same path are two things.
func (n *namer) resolve(full, id string) (string, error) {
	parent, base := "", full
	if i := strings.LastIndexByte(full, '/'); i >= 0 {
		var err error
		if parent, err = n.dir(full[:i]); err != nil {
			return "", err
		}
		parent, base = parent+"/", full[i+1:]
	}
	name, err := safeName(base)
	if err != nil {
		return "", err
	}
	mine := maphash.String(n.seed, id)
	for _, try := range []string{name, suffixed(name, "~"+shortHash(id))} {
		key := maphash.String(n.seed, parent+fold(try))
		other, taken := n.taken[key]
		if !taken && len(n.taken) >= maxNames {
			return "", fmt.Errorf("%w: more names than can be kept apart", errName)
		}
		if !taken || other == mine {
			n.taken[key] = mine
			return parent + try, nil
		}
	}
	return "", fmt.Errorf("%w: its name is taken twice over", errName)
}

func (n *namer) dir(full string) (string, error) {
	if host, ok := n.dirs[full]; ok {
		return host, nil
	}
	host, err := n.resolve(full, full+"/")
	if err != nil {
		return "", err
	}
	if len(n.dirs) >= maxDirs {
		clear(n.dirs)
	}
	n.dirs[full] = host
	return host, nil
}

// safeName makes one component fit for every file system.
func safeName(c string) (string, error) {
	if c == "" || c == "." || c == ".." || strings.ContainsRune(c, 0) {
		return "", fmt.Errorf("%w: a component %q", errName, c)
	}
	name := escape(c)
	if isReservedName(name) || tree.IsTemp(strings.ToLower(name)) {
		stem, rest, dot := strings.Cut(name, ".") // Windows judges what stands before the first dot
		if name = stem + "_"; dot {
			name += "." + rest
		}
	}
	if len(name) > maxHostName {
		name = suffixed(name, "~"+shortHash(c))
	}
	return name, nil
}

// escape writes what a file system may not be given as %XX.
func escape(c string) string {
	clean := strings.IndexFunc(c, isForbidden) < 0 && utf8.ValidString(c)
	if last := c[len(c)-1]; clean && last != '.' && last != ' ' {
		return c
	}
	var b strings.Builder
	for i := 0; i < len(c); {
		r, size := utf8.DecodeRuneInString(c[i:])
		end := i+size == len(c)
		if r == utf8.RuneError && size == 1 || isForbidden(r) || end && (r == '.' || r == ' ') {
			for _, x := range []byte(c[i : i+size]) {
				fmt.Fprintf(&b, "%%%02X", x)
			}
		} else {
			b.WriteString(c[i : i+size])
		}
		i += size
	}
	return b.String()
}

func isForbidden(r rune) bool {
	switch {
	case r < ' ', r == 0x7f, unicode.IsControl(r), strings.ContainsRune(`\/:*?"<>|`, r):
		return true
	case unicode.Is(unicode.Cf, r) && r != 0x200d && r != 0x200c:
		return true // invisible; the two joiners belong to emoji and scripts
	case r >= 0xfff0 && r <= 0xffff, unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
		return true
	}
	return false
}

// isReservedName knows the devices of Windows, in any folder and with any
// extension, and the files that a desktop reads by itself.
func isReservedName(name string) bool {
	low := strings.ToLower(name)
	switch low {
	case "desktop.ini", "autorun.inf", "thumbs.db", "conin$", "conout$":
		return true
	}
	stem, _, _ := strings.Cut(low, ".")
	stem = strings.TrimRight(stem, " ")
	switch stem {
	case "con", "prn", "aux", "nul", "clock$":
		return true
	}
	if rest, ok := strings.CutPrefix(stem, "com"); ok {
		return isPort(rest)
	}
	rest, ok := strings.CutPrefix(stem, "lpt")
	return ok && isPort(rest)
}

func isPort(s string) bool {
	return len(s) == 1 && s[0] >= '0' && s[0] <= '9' || s == "¹" || s == "²" || s == "³"
}

// suffixed puts suffix before the extension of name, and cuts name where the whole
// would be longer than maxHostName.
func suffixed(name, suffix string) string {
	ext := path.Ext(name)
	if len(ext) > 32 || len(ext) == len(name) {
		ext = ""
	}
	stem := strings.TrimSuffix(name, ext)
	if room := maxHostName - len(suffix) - len(ext); len(stem) > room {
		for !utf8.RuneStart(stem[room]) {
			room--
		}
		stem = stem[:room]
	}
	return stem + suffix + ext
}

func shortHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:4])
}

// fold makes names equal that some file system takes for the same.
func fold(name string) string {
	for i := range len(name) {
		if name[i] >= utf8.RuneSelf {
			return strings.ToLower(strings.ToUpper(norm.NFKC.String(name)))
		}
	}
	return strings.ToLower(name)
}
