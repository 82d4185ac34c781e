package backupagent

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"howett.net/plist"
	_ "modernc.org/sqlite" // Manifest.db of a host

	"homeport/simulator/contents"
)

// opening is what a Manifest.db from a host is read with.
type opening struct {
	keys *contents.ClassKeys // nil for one that is not encrypted
	key  []byte              // the ManifestKey of its Manifest.plist
	mine *contents.Keybag    // when set, the password hash must be of its password
}

// manifest is what was read out of a Manifest.db.
type manifest struct {
	entries []entry  // in the order of their ids
	keys    [][]byte // of each, its EncryptionKey; nil when not encrypted
}

// downloadManifest reads a Manifest.db from the host. code is what the host
// answered; the manifest is nil when the file is none, or none that how opens.
// A file that this agent sent is known by its SHA-256, and read only for keys.
func (s *session) downloadManifest(path string, how opening, wantKeys bool) (m *manifest, code int64, err error) {
	f, err := os.CreateTemp("", "phone-manifest-*.db")
	if err != nil {
		return nil, 0, fmt.Errorf("download manifest: %w", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	var plain io.Writer = f
	if how.keys != nil {
		if plain, err = how.keys.Open(f, how.key); err != nil {
			plain = io.Discard // the host is to send it all the same
		}
	}
	sum := sha256.New()
	codes, err := s.download(0, []string{path}, func(int) (io.Writer, error) { return io.MultiWriter(plain, sum), nil })
	if err != nil || codes[0] != dlOK {
		return nil, firstCode(codes), err
	}
	if v := s.agent.viewOf([32]byte(sum.Sum(nil)), how.keys != nil); v != nil && !wantKeys {
		return &manifest{entries: entriesOf(v)}, dlOK, nil
	}
	if o, ok := plain.(*contents.Opener); ok && !o.Whole() {
		return nil, dlOK, nil
	}
	if m, err = readManifest(f.Name(), how); err != nil {
		return nil, dlOK, nil
	}
	return m, dlOK, nil
}

func firstCode(codes []int64) int64 {
	if len(codes) == 0 {
		return dlOther
	}
	return codes[0]
}

// viewOf answers the state of the phone that a Manifest.db of ours describes, by
// its SHA-256; nil when this agent did not make it, or not that way. It saves
// reading the database.
func (a *Agent) viewOf(sum [32]byte, encrypted bool) *contents.View {
	a.mu.Lock()
	m, ok := a.made[sum]
	a.mu.Unlock()
	if !ok || m.encrypted != encrypted {
		return nil
	}
	return a.contents.At(m.changes)
}

// readManifest reads the files out of a Manifest.db.
func readManifest(path string, how opening) (*manifest, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro&immutable=1")
	if err != nil {
		return nil, fmt.Errorf("open manifest: %w", err)
	}
	defer db.Close()
	if how.mine != nil && how.mine.Encrypts() {
		if err := checkPasswordHash(db, how.mine); err != nil {
			return nil, err
		}
	}
	rows, err := db.Query("SELECT fileID, file FROM Files WHERE flags = 1 ORDER BY fileID")
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	defer rows.Close()
	m := &manifest{entries: []entry{}}
	for rows.Next() {
		var id string
		var blob []byte
		if err := rows.Scan(&id, &blob); err != nil {
			return nil, fmt.Errorf("read manifest: %w", err)
		}
		e, key, err := parseFile(blob)
		if err != nil {
			return nil, err
		}
		if !isID(id) {
			return nil, fmt.Errorf("read manifest: id %q", id)
		}
		hex.Decode(e.id[:], []byte(id))
		m.entries = append(m.entries, e)
		if how.keys != nil {
			m.keys = append(m.keys, key)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	return m, nil
}

// checkPasswordHash is nil when a manifest was made under the password that is set.
func checkPasswordHash(db *sql.DB, bag *contents.Keybag) error {
	var salt, hash []byte
	const query = "SELECT (SELECT value FROM Properties WHERE key = 'salt'), (SELECT value FROM Properties WHERE key = 'passwordHash')"
	if err := db.QueryRow(query).Scan(&salt, &hash); err != nil {
		return fmt.Errorf("read manifest: %w", err)
	}
	if want := bag.PasswordHash(salt); !bytes.Equal(hash, want[:]) {
		return errors.New("read manifest: another password")
	}
	return nil
}

// parseFile reads an MBFile, and its EncryptionKey when there is one.
func parseFile(blob []byte) (entry, []byte, error) {
	var archive struct {
		Top struct {
			Root plist.UID `plist:"root"`
		} `plist:"$top"`
		Objects []any `plist:"$objects"`
	}
	if err := decode(blob, &archive); err != nil {
		return entry{}, nil, fmt.Errorf("read MBFile: %w", err)
	}
	object := func(v any) map[string]any {
		if ref, ok := v.(plist.UID); ok && uint64(ref) < uint64(len(archive.Objects)) {
			dict, _ := archive.Objects[ref].(map[string]any)
			return dict
		}
		return nil
	}
	file := object(archive.Top.Root)
	size, ok := integer(file["Size"])
	modified, ok2 := integer(file["LastModified"])
	if !ok || !ok2 {
		return entry{}, nil, fmt.Errorf("read MBFile: no Size or LastModified")
	}
	key, _ := object(file["EncryptionKey"])["NS.data"].([]byte)
	return entry{size: size, modified: modified}, key, nil
}
