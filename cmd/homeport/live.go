package main

import (
	"io"
	"os"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/term"
)

// live prints lines, and below them, on a terminal, a block of lines that change:
// one for each phone that is being backed up.
type live struct {
	mu    sync.Mutex
	w     io.Writer
	width func() int // columns; 0: not a terminal, no block

	keys  []string
	lines map[string]string
	shown int // lines of the block on the screen
}

// newLive prints to w; w decides by itself whether there is a live block.
func newLive(w io.Writer) *live {
	l := &live{w: w, width: func() int { return 0 }, lines: map[string]string{}}
	if f := file(w); f != nil && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		l.width = func() int {
			if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
				return n
			}
			return 80
		}
	}
	return l
}

// terminal reports whether there is a live block.
func (l *live) terminal() bool { return l.width() > 0 }

// print prints lines above the block.
func (l *live) print(lines ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var b strings.Builder
	l.erase(&b)
	for _, s := range lines {
		b.WriteString(wrap(s, l.width()) + "\n")
	}
	l.draw(&b)
	_, _ = io.WriteString(l.w, b.String())
}

// set shows line in the block under key; an empty line takes it away.
func (l *live) set(key, line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.terminal() {
		return
	}
	old, known := l.lines[key]
	if old == line {
		return
	}
	switch {
	case line == "":
		delete(l.lines, key)
		l.keys = without(l.keys, key)
	case !known:
		l.keys = append(l.keys, key)
		fallthrough
	default:
		l.lines[key] = line
	}
	var b strings.Builder
	l.erase(&b)
	l.draw(&b)
	_, _ = io.WriteString(l.w, b.String())
}

// erase moves to the first line of the block and clears from there.
func (l *live) erase(b *strings.Builder) {
	for range l.shown {
		b.WriteString("\x1b[1A\x1b[2K")
	}
	l.shown = 0
}

// draw writes the block; a line longer than the terminal would wrap and could
// not be erased, so it is cut.
func (l *live) draw(b *strings.Builder) {
	width := l.width()
	for _, k := range l.keys {
		b.WriteString(cut(l.lines[k], width-1) + "\n")
		l.shown++
	}
}

// wrap breaks a line between words where the terminal ends, and aligns the rest
// with the text column. On a terminal too narrow for columns the line is set close.
func wrap(s string, columns int) string {
	if columns <= 0 || utf8.RuneCountInString(s) <= columns {
		return s
	}
	hang := indent
	if columns < 2*len(indent) {
		hang = "    "
		s = closeUp(s, hang)
	}
	return fold(s, hang, columns)
}

// fold breaks s between words; what follows the first line hangs.
func fold(s, hang string, columns int) string {
	runes := []rune(s)
	if len(runes) <= columns {
		return s
	}
	least := min(2*len(hang), columns/2) // so that each turn makes the rest shorter
	at := columns
	for at > least && runes[at] != ' ' {
		at--
	}
	if at <= len(hang) || runes[at] != ' ' {
		return s // one long word, as a path: the terminal breaks it where it must
	}
	return strings.TrimRight(string(runes[:at]), " ") + "\n" + fold(hang+strings.TrimLeft(string(runes[at+1:]), " "), hang, columns)
}

// closeUp takes out of a line the spaces that align it with others.
func closeUp(s, hang string) string {
	words := strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' }), " ")
	if strings.HasPrefix(s, indent) {
		return hang + words
	}
	return words
}

func cut(s string, columns int) string {
	if columns <= 0 || utf8.RuneCountInString(s) <= columns {
		return s
	}
	return string([]rune(s)[:columns-1]) + "…"
}

func without(list []string, s string) []string {
	kept := list[:0]
	for _, x := range list {
		if x != s {
			kept = append(kept, x)
		}
	}
	return kept
}
