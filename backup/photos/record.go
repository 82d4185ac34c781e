package photos

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"homeport/backup/tree"
	"homeport/cause"
)

// The files of our own in the folder.
const (
	homeName     = ".homeport-photos"
	lockName     = "lock"
	recordFormat = "homeport photos"
	recordNumber = 1
)

// Limits on a record that is read back: another program may have written it.
const (
	maxLine   = 16 << 10
	maxRecord = 1 << 30
)

// entry is one file that was copied. The zero date is one that the phone did not
// tell.
type entry struct {
	item
	sum  [32]byte
	name string // in the folder, with slashes
}

// head is the first line of a record, line each other one.
type head struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	UDID    string `json:"udid"`
}

type line struct {
	Path     string `json:"path"`
	Size     int64  `json:"size"`
	Modified string `json:"modified,omitempty"`
	SHA256   string `json:"sha256"`
	Name     string `json:"name"`
}

// record is what is known of earlier copies from one phone. A path on the phone
// can have several entries; the last one counts.
type record struct {
	entries []entry
	latest  map[string]int // by path on the phone
	bad     int            // lines that could not be read
}

func newRecord() *record { return &record{latest: map[string]int{}} }

func (r *record) add(e entry) {
	r.latest[e.path] = len(r.entries)
	r.entries = append(r.entries, e)
}

// of answers what is known of a path on the phone.
func (r *record) of(p string) *entry {
	if i, ok := r.latest[p]; ok {
		return &r.entries[i]
	}
	return nil
}

// errForeignRecord says that the file is no record of this phone.
var errForeignRecord = errors.New("not a record of this phone")

// readRecord reads a record back. Lines that make no sense are counted and left
// out: what they stood for is compared with the phone's again.
func readRecord(in io.Reader, udid string) (*record, error) {
	lines := bufio.NewScanner(io.LimitReader(in, maxRecord))
	lines.Buffer(make([]byte, 0, 4096), maxLine)
	if err := readHead(lines, udid); err != nil {
		return nil, err
	}
	r := newRecord()
	for lines.Scan() {
		e, ok := parseLine(lines.Bytes())
		if !ok || len(r.entries) >= maxFiles {
			r.bad++
			continue
		}
		r.add(e)
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		r.bad++ // and whatever came behind it
	} else if err != nil {
		return nil, err
	}
	return r, nil
}

func readHead(lines *bufio.Scanner, udid string) error {
	var h head
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &h) != nil || h.Format != recordFormat || !sameUDID(h.UDID, udid) {
		if err := lines.Err(); err != nil && !errors.Is(err, bufio.ErrTooLong) {
			return err
		}
		return errForeignRecord
	}
	if h.Version > recordNumber {
		return cause.New(cause.StoreTooNew, nil, fmt.Errorf("read record of photos: version %d, this Homeport knows %d", h.Version, recordNumber))
	}
	return nil
}

func parseLine(b []byte) (entry, bool) {
	var l line
	if json.Unmarshal(b, &l) != nil || l.Size < 0 || !strings.HasPrefix(l.Path, "/") || !printable(l.Path) {
		return entry{}, false
	}
	e := entry{item: item{path: l.Path, size: l.Size}, name: l.Name}
	if len(l.SHA256) != hex.EncodedLen(len(e.sum)) {
		return entry{}, false
	}
	if _, err := hex.Decode(e.sum[:], []byte(l.SHA256)); err != nil {
		return entry{}, false
	}
	if l.Modified != "" {
		t, err := time.Parse(time.RFC3339Nano, l.Modified)
		if err != nil || t.Year() < 1970 || t.Year() > 2200 {
			return entry{}, false
		}
		e.mod = t.UnixNano()
	}
	rel, err := tree.Parse(l.Name)
	return e, err == nil && rel.String() == l.Name && !rel.Parent().IsRoot() && rel.First() != homeName
}

// sameUDID compares without case and dash.
func sameUDID(a, b string) bool {
	return strings.EqualFold(strings.ReplaceAll(a, "-", ""), strings.ReplaceAll(b, "-", ""))
}

// write writes a record that readRecord reads.
func (r *record) write(out io.Writer, udid string) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(head{recordFormat, recordNumber, udid}); err != nil {
		return err
	}
	for i := range r.entries {
		e := &r.entries[i]
		l := line{Path: e.path, Size: e.size, SHA256: hex.EncodeToString(e.sum[:]), Name: e.name}
		if e.mod != 0 {
			l.Modified = time.Unix(0, e.mod).UTC().Format(time.RFC3339Nano)
		}
		if err := enc.Encode(l); err != nil {
			return err
		}
	}
	return nil
}

// writeSums writes the list for sha256sum -c. Names in the folder hold nothing
// that would have to be escaped.
func (r *record) writeSums(out io.Writer) error {
	sums := make(map[string][32]byte, len(r.entries))
	for i := range r.entries {
		sums[r.entries[i].name] = r.entries[i].sum
	}
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		sum := sums[name]
		if _, err := fmt.Fprintf(out, "%x  %s\n", sum[:], name); err != nil {
			return err
		}
	}
	return nil
}

// loadRecord reads the record of a phone. One that cannot be read is set aside
// under another name, and a new one begun.
func loadRecord(t *tree.Tree, udid string) (*record, error) {
	rel, err := ownFile(udid + ".jsonl")
	if err != nil {
		return nil, err
	}
	f, _, err := t.OpenRead(rel)
	if errors.Is(err, fs.ErrNotExist) {
		return newRecord(), nil
	}
	if err != nil {
		return nil, err
	}
	r, err := readRecord(f, udid)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if !errors.Is(err, errForeignRecord) {
		return r, err
	}
	r = newRecord()
	r.bad = 1
	return r, setAside(t, rel, udid)
}

// setAside gives the file at rel the next free name for unreadable records.
func setAside(t *tree.Tree, rel tree.Rel, udid string) error {
	for n := 1; ; n++ {
		other, err := ownFile(fmt.Sprintf("%s.unreadable-%d.jsonl", udid, n))
		if err != nil {
			return err
		}
		if _, err := t.Lstat(other); errors.Is(err, fs.ErrNotExist) {
			return t.Rename(rel, other)
		} else if err != nil {
			return err
		}
	}
}

func ownFile(name string) (tree.Rel, error) { return tree.Parse(homeName + "/" + name) }

// saveRecord makes the record and the list of sums durable. What they name has to
// be durable before.
func saveRecord(t *tree.Tree, r *record, udid string) error {
	for name, write := range map[string]func(io.Writer) error{
		udid + ".jsonl":  func(w io.Writer) error { return r.write(w, udid) },
		udid + ".sha256": r.writeSums,
	} {
		rel, err := ownFile(name)
		if err != nil {
			return err
		}
		if err := replace(t, rel, write); err != nil {
			return err
		}
	}
	home, err := tree.Parse(homeName)
	if err != nil {
		return err
	}
	return t.SyncDir(home)
}

// replace writes a file of our own anew.
func replace(t *tree.Tree, rel tree.Rel, write func(io.Writer) error) error {
	b, err := t.Create(rel)
	if err != nil {
		return err
	}
	defer b.Abort()
	out := bufio.NewWriterSize(b, 256<<10)
	if err := errors.Join(write(out), out.Flush()); err != nil {
		return err
	}
	if err := b.Sync(); err != nil {
		return err
	}
	_, _, err = b.Commit()
	return err
}
