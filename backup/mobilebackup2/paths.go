package mobilebackup2

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"homeport/backup/tree"
	"homeport/cause"
)

// maxHostile is how many forbidden paths or malformed messages a session
// forgives, each answered with an error, before it ends.
const maxHostile = 10

// errOutside is a path that is harmless but not below this phone's folder, as
// real phones have sent ("/.b/6/..."). It is answered like a path that is not
// there, and the session goes on.
var errOutside = fmt.Errorf("outside of this backup: %w", fs.ErrNotExist)

// errWholeBackup is a path that names the backup folder itself where only
// something in it makes sense.
var errWholeBackup = fmt.Errorf("the backup folder itself: %w", fs.ErrInvalid)

// resolve reads a device path and keeps it below this phone's folder. Hostile
// ones are counted.
func (s *served) resolve(path string) (tree.Rel, error) {
	rel, err := tree.Parse(path)
	if err != nil {
		if bad, ok := errors.AsType[*tree.PathError](err); ok && bad.Hostile {
			s.offence(err)
		}
		return tree.Rel{}, err
	}
	if rel.First() != s.home.String() {
		s.note("the phone named a path outside of its backup: %q", clip(path))
		return tree.Rel{}, errOutside
	}
	return rel, nil
}

// inside is resolve for what may not be the backup folder itself.
func (s *served) inside(path string) (tree.Rel, error) {
	rel, err := s.resolve(path)
	if err == nil && rel == s.home {
		return tree.Rel{}, errWholeBackup
	}
	return rel, err
}

// offence counts something that no phone does by mistake.
func (t *talk) offence(err error) {
	t.hostile++
	t.note("refused: %v", err)
	if t.hostile > maxHostile {
		t.fail(cause.New(cause.DeviceHostile, cause.Evidence{"text": err.Error()}, fmt.Errorf("%d forbidden requests, the last: %w", t.hostile, err)))
	}
}

// tooHostile tells whether the session has to end.
func (t *talk) tooHostile() bool { return t.hostile > maxHostile }

// maxOdd bounds what is kept for the log.
const maxOdd = 50

// note keeps something odd for the log, once.
func (t *talk) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	for _, known := range t.odd {
		if known == text {
			return
		}
	}
	if len(t.odd) < maxOdd {
		t.odd = append(t.odd, text)
	}
}

// clip cuts a string from the phone to a length for people.
func clip(text string) string {
	if len(text) <= 120 {
		return text
	}
	return strings.ToValidUTF8(text[:120], "") + "..."
}
