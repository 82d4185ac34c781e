package store

import (
	"fmt"

	"homeport/backup/mobilesync"
)

// unlock opens the folder for a check of the level Unlock.
func (c *verifier) unlock(folder *mobilesync.Folder) error {
	if c.level != Unlock || !c.record.Encrypted {
		return nil
	}
	if c.keys == nil {
		return fmt.Errorf("unlock: %w", mobilesync.ErrEncrypted)
	}
	return folder.UnlockWith(c.keys)
}

// shown says that the password shows what could not be compared when the version
// was made.
func (c *verifier) shown() bool { return c.level == Unlock && c.record.Encrypted }

// always says whether damage that the walk found was there from the beginning: the
// seal agrees with the disk, and when the version was made nobody could read the
// list. What the rules of Publish would have let pass then is no damage now.
func (c *verifier) always(d mobilesync.Damage) bool {
	if !c.shown() {
		return false
	}
	for _, s := range c.sealed {
		if s.Path == d.Path {
			return false
		}
	}
	switch d.Kind {
	case mobilesync.MissingEmpty, mobilesync.Stray:
		return true
	case mobilesync.Missing:
		return c.few
	}
	return false
}

// contents decrypts every body and adds what does not come out as its row says.
func (c *verifier) contents(folder *mobilesync.Folder, damage []mobilesync.Damage) ([]mobilesync.Damage, error) {
	report, err := folder.CheckContents(c.ctx, 0, func(done int64) { c.tell(c.done + done) })
	if err != nil {
		if c.ctx.Err() == nil && len(damage) > 0 {
			return damage, nil // a list that cannot be read is damage already
		}
		return damage, err
	}
	named := map[string]int{}
	for i, d := range damage {
		named[d.Path] = i + 1
	}
	for _, d := range report.Damage {
		if i := named[d.Path]; i > 0 {
			damage[i-1].Domain, damage[i-1].RelativePath = d.Domain, d.RelativePath
			continue
		}
		damage = append(damage, d)
	}
	c.done += report.Bytes
	if c.progress != nil {
		c.progress(c.done, c.done)
	}
	return damage, nil
}
