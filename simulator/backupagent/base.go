package backupagent

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"

	"howett.net/plist"
	_ "modernc.org/sqlite" // Manifest.db of a host

	"homeport/simulator/contents"
)

// entry is a file as a manifest names it.
type entry struct {
	id       [20]byte
	size     int64
	modified int64
}

// entriesOf lists the files of a view in the order of their ids.
func entriesOf(v *contents.View) []entry {
	entries := make([]entry, 0, v.Files())
	for _, i := range v.ByID() {
		if row := v.Row(int(i)); row.Kind == contents.File {
			entries = append(entries, entry{row.ID, row.Size, row.Modified})
		}
	}
	return entries
}

func find(entries []entry, id [20]byte) (entry, bool) {
	k, ok := slices.BinarySearchFunc(entries, id, func(e entry, id [20]byte) int {
		return bytes.Compare(e.id[:], id[:])
	})
	if !ok {
		return entry{}, false
	}
	return entries[k], true
}

// downloadManifest reads a Manifest.db from the host. code is what the host
// answered; entries are nil when the file is no manifest.
func (s *session) downloadManifest(path string) (entries []entry, code int64, err error) {
	f, err := os.CreateTemp("", "phone-manifest-*.db")
	if err != nil {
		return nil, 0, fmt.Errorf("download manifest: %w", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	sum := sha256.New()
	codes, err := s.download(0, []string{path}, func(int) (io.Writer, error) { return io.MultiWriter(f, sum), nil })
	if err != nil || codes[0] != dlOK {
		return nil, firstCode(codes), err
	}
	if v := s.agent.viewOf([32]byte(sum.Sum(nil))); v != nil {
		return entriesOf(v), dlOK, nil
	}
	entries, err = readManifest(f.Name())
	if err != nil {
		return nil, dlOK, nil
	}
	return entries, dlOK, nil
}

func firstCode(codes []int64) int64 {
	if len(codes) == 0 {
		return dlOther
	}
	return codes[0]
}

// viewOf answers the state of the phone that a Manifest.db of ours describes, by
// its SHA-256; nil when this agent did not make it. It saves reading the
// database.
func (a *Agent) viewOf(sum [32]byte) *contents.View {
	a.mu.Lock()
	changes, ok := a.made[sum]
	a.mu.Unlock()
	if !ok {
		return nil
	}
	return a.contents.At(changes)
}

// readManifest reads the files out of a Manifest.db, in the order of their ids.
func readManifest(path string) ([]entry, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro&immutable=1")
	if err != nil {
		return nil, fmt.Errorf("open manifest: %w", err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT fileID, file FROM Files WHERE flags = 1 ORDER BY fileID")
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	defer rows.Close()
	entries := []entry{}
	for rows.Next() {
		var id string
		var blob []byte
		if err := rows.Scan(&id, &blob); err != nil {
			return nil, fmt.Errorf("read manifest: %w", err)
		}
		e, err := parseFile(blob)
		if err != nil {
			return nil, err
		}
		if !isID(id) {
			return nil, fmt.Errorf("read manifest: id %q", id)
		}
		hex.Decode(e.id[:], []byte(id))
		entries = append(entries, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	return entries, nil
}

// parseFile reads an MBFile.
func parseFile(blob []byte) (entry, error) {
	var archive struct {
		Top struct {
			Root plist.UID `plist:"root"`
		} `plist:"$top"`
		Objects []any `plist:"$objects"`
	}
	if err := decode(blob, &archive); err != nil {
		return entry{}, fmt.Errorf("read MBFile: %w", err)
	}
	if uint64(archive.Top.Root) >= uint64(len(archive.Objects)) {
		return entry{}, fmt.Errorf("read MBFile: no root")
	}
	file, _ := archive.Objects[archive.Top.Root].(map[string]any)
	size, ok := integer(file["Size"])
	modified, ok2 := integer(file["LastModified"])
	if !ok || !ok2 {
		return entry{}, fmt.Errorf("read MBFile: no Size or LastModified")
	}
	return entry{size: size, modified: modified}, nil
}
