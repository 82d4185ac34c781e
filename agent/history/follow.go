package history

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"time"
)

// followEvery is how often a log is asked for more: soon enough for eyes.
const followEvery = 250 * time.Millisecond

// FollowLog calls see with each line that f means: those that there are, as ReadLog does,
// then caughtUp once, and then those that are written, until ctx ends, which it answers, or
// see answers false. A log that does not exist yet, is rotated, cut or deleted is waited
// for, and nothing of it is missed but what was cut away before it was read.
func FollowLog(ctx context.Context, folder string, f LogFilter, caughtUp func(), see func(Entry) bool) error {
	newest, older, err := openAll(folder)
	if err != nil {
		return err
	}
	l := &following{path: LogPath(folder), file: newest}
	defer l.close()
	visit := f.visitor(ctx, see)
	if bad := readOlder(ctx, older, f, visit); over(ctx, bad) {
		return ended(ctx, bad)
	}
	if err := l.drain(visit); err != nil {
		return ended(ctx, err)
	}
	caughtUp()
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for {
		if err := l.more(visit); err != nil {
			return ended(ctx, err)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// following is a log that grows.
type following struct {
	path string
	file *os.File // nil: there is none yet
	at   int64
	part []byte // the beginning of a line whose end is not there yet
	long bool   // part is longer than a line may be, and its rest is dropped
}

func (l *following) close() {
	if l.file != nil {
		_ = l.file.Close()
		l.file = nil
	}
}

// more reads what has come, from the file that is open and then from the one that has
// taken its place.
func (l *following) more(visit func(Entry) error) error {
	for {
		replaced := l.replaced()
		if err := l.drain(visit); err != nil {
			return err
		}
		if !replaced {
			return nil
		}
		if err := l.flush(visit); err != nil {
			return err
		}
		l.close()
		f, err := openLog(l.path)
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		l.file, l.at = f, 0
	}
}

// replaced reports whether there is another file under the name than the one that is
// open. A name that nobody has yet is no other file: its writer may still write.
func (l *following) replaced() bool {
	there, err := os.Stat(l.path)
	if err != nil {
		return false
	}
	if l.file == nil {
		return true
	}
	open, err := l.file.Stat()
	return err != nil || !os.SameFile(open, there)
}

// drain reads the open file to its end.
func (l *following) drain(visit func(Entry) error) error {
	if l.file == nil {
		return nil
	}
	if info, err := l.file.Stat(); err == nil && info.Size() < l.at {
		l.at, l.part, l.long = 0, nil, false // it was cut
	}
	buf := make([]byte, 32<<10)
	for {
		n, err := l.file.ReadAt(buf, l.at)
		l.at += int64(n)
		if verr := l.take(buf[:n], visit); verr != nil {
			return verr
		}
		if err != nil {
			return nil // its end, or a drive that fails: the next turn asks again
		}
	}
}

// take parts what was read into lines.
func (l *following) take(data []byte, visit func(Entry) error) error {
	for len(data) > 0 {
		line, rest, whole := bytes.Cut(data, []byte("\n"))
		data = rest
		if room := maxLine - len(l.part); len(line) > room {
			line, l.long = line[:room], true
		}
		l.part = append(l.part, line...)
		if !whole {
			return nil
		}
		if err := l.flush(visit); err != nil {
			return err
		}
	}
	return nil
}

// flush ends the line that was begun.
func (l *following) flush(visit func(Entry) error) error {
	line, long := bytes.TrimRight(l.part, "\r"), l.long
	l.part, l.long = nil, false
	if len(line) == 0 {
		return nil
	}
	return visit(parseEntry(line, long))
}
