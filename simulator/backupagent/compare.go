package backupagent

import (
	"io"

	"homeport/simulator/contents"
)

// bodies reads all of them in batches, as they are listed in the manifest.
func (r *restoring) bodies() error {
	var rows []int32
	for _, i := range r.view.ByID() {
		if r.view.Row(int(i)).Kind == contents.File {
			rows = append(rows, i)
		}
	}
	total := len(rows)
	for len(rows) > 0 {
		if err := r.stage(StageRestoreBatch); err != nil {
			return err
		}
		n := min(batch, len(rows))
		if err := r.compare(rows[:n], 100*float64(r.stats.Files)/float64(total)); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func (r *restoring) compare(rows []int32, progress float64) error {
	paths := make([]string, len(rows))
	checks := make([]*check, len(rows))
	for k, i := range rows {
		id := r.view.Row(int(i)).ID
		paths[k] = string(appendShard(append([]byte(r.dir), '/'), id))
		checks[k] = r.newCheck(int(i), id)
	}
	codes, err := r.download(progress, paths, func(k int) (io.Writer, error) { return checks[k], nil })
	if err != nil {
		return err
	}
	for k, c := range checks {
		r.stats.Files++
		r.stats.Bytes += min(c.off, c.body.Size())
		if codes[k] != dlOK || !c.right() {
			r.stats.Mismatched++
		}
	}
	return nil
}

// check holds what is written to it against a body, decrypting it before when the
// backup is encrypted.
type check struct {
	body      contents.Body
	equal     func(p []byte, off int64) bool
	length    int64 // of what must come
	opener    *contents.Opener
	off       int64
	different bool
}

func (r *restoring) newCheck(i int, id [20]byte) *check {
	c := &check{body: r.view.Body(i)}
	c.equal, c.length = c.body.Equal, c.body.Size()
	if !r.facts.IsEncrypted {
		return c
	}
	c.equal, c.length = c.body.EqualPlain, contents.SealedSize(c.body.Size())
	opener, err := r.opening.keys.Open(compared{c}, r.keys[id])
	if err != nil { // a manifest whose keys are no keys
		c.different = true
		return c
	}
	c.opener = opener
	return c
}

// Write implements io.Writer.
func (c *check) Write(p []byte) (int, error) {
	if c.opener != nil {
		return c.opener.Write(p)
	}
	return compared{c}.Write(p)
}

// right says whether all came and nothing else.
func (c *check) right() bool {
	return !c.different && c.off == c.length && (c.opener == nil || c.opener.Whole())
}

// compared takes the plaintext of a check.
type compared struct{ *check }

// Write implements io.Writer.
func (c compared) Write(p []byte) (int, error) {
	if !c.different && !c.equal(p, c.off) {
		c.different = true
	}
	c.off += int64(len(p))
	return len(p), nil
}
