package backupagent

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
)

// verify reads back what the host has and looks for every body.
func (r *run) verify() error {
	b, code, err := r.downloadPlist(r.dir + "/Status.plist")
	if err != nil {
		return err
	}
	if code != dlOK {
		return onRead(code, "Status.plist")
	}
	if st, _, err := parseStatus(b); err != nil || st.SnapshotState != finished {
		return failWith(codeCorrupt, "Status.plist is not that of this backup")
	}
	if b, code, err = r.downloadPlist(r.dir + "/Manifest.plist"); err != nil {
		return err
	}
	if code != dlOK {
		return onRead(code, "Manifest.plist")
	}
	if !bytes.Equal(b, r.plist) {
		return failWith(codeCorrupt, "Manifest.plist is not that of this backup")
	}
	if err := r.verifyManifest(); err != nil {
		return err
	}
	return r.verifyBodies()
}

func (r *run) verifyManifest() error {
	sum := sha256.New()
	codes, err := r.download(100, []string{r.dir + "/Manifest.db"}, func(int) (io.Writer, error) { return sum, nil })
	if err != nil {
		return err
	}
	if codes[0] != dlOK {
		return onRead(codes[0], "Manifest.db")
	}
	if v := r.agent.viewOf([32]byte(sum.Sum(nil)), r.bag.Encrypts()); v == nil || v.Changes() != r.view.Changes() {
		return failWith(codeCorrupt, "Manifest.db is not that of this backup")
	}
	return nil
}

func (r *run) verifyBodies() error {
	if _, found, err := r.list(r.dir); err != nil || !found {
		return orMissing(err, r.dir)
	}
	k := 0
	for shard := range 256 {
		name := r.dir + "/" + hex.EncodeToString([]byte{byte(shard)})
		entries, found, err := r.list(name)
		if err != nil || !found {
			return orMissing(err, name)
		}
		for ; k < len(r.rows); k++ {
			id := r.view.Row(int(r.rows[k])).ID
			if int(id[0]) != shard {
				break
			}
			if e, ok := entries[hex.EncodeToString(id[:])]; !ok || e.dir {
				return failWith(codeCorrupt, "Manifest references files not in backup")
			}
		}
	}
	return nil
}

func orMissing(err error, name string) error {
	if err != nil {
		return err
	}
	return onRead(dlNotFound, name)
}
