package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"homeport/agent"
)

// The columns of a page: a mark, a label, the text.
const (
	pageColumns = 80  // where nobody says how wide the reader is
	mostColumns = 100 // longer lines are hard to read
	markWidth   = 4
	labelWidth  = 15
	textColumn  = 2 + markWidth + 2 + labelWidth + 2 // as indent
)

// page prints what a person reads at leisure: rows of a mark, a label and a text,
// folded to fit. Marks have a colour on a terminal that wants some.
type page struct {
	w       io.Writer
	columns int
	colour  bool
	goos    string // the system whose steps are shown; "" is this one
	about   string // the product type of the device that the texts are about
}

// system is the system whose steps are shown.
func (p *page) system() string { return cmp.Or(p.goos, runtime.GOOS) }

// page is stdout as a page.
func (a *app) page() *page {
	p := &page{w: a.stdout, columns: pageColumns}
	f := file(a.stdout)
	if f == nil || !term.IsTerminal(int(f.Fd())) {
		return p
	}
	if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
		p.columns = min(n, mostColumns)
	}
	p.colour = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	return p
}

// said is a text fit to print, with the right word for the device.
func (p *page) said(text string) string { return agent.SaidOf(p.about, clean(text)) }

// blank leaves a line free.
func (p *page) blank() { fmt.Fprintln(p.w) }

// say prints a text from the left edge; what does not fit hangs below it.
func (p *page) say(text string) { fmt.Fprintln(p.w, fold(p.said(text), "  ", p.columns)) }

// row prints a text under a mark and a label, either of which may be empty.
func (p *page) row(mark, label, text string) {
	if p.columns < 2*textColumn { // too narrow for columns
		head := strings.Join(strings.Fields(mark+" "+label), " ")
		if head != "" {
			head += ": "
		}
		fmt.Fprintln(p.w, p.painted(fold("  "+head+p.said(text), "    ", p.columns), mark))
		return
	}
	head := "  " + pad(mark, markWidth) + "  " + pad(label, labelWidth) + "  "
	fmt.Fprintln(p.w, p.painted(fold(head+p.said(text), strings.Repeat(" ", textColumn), p.columns), mark))
}

// step prints the n-th step of a remedy.
func (p *page) step(n int, text string) {
	column := textColumn
	if p.columns < 2*textColumn {
		column = 4
	}
	number := fmt.Sprintf("%d. ", n)
	hang := strings.Repeat(" ", column+utf8.RuneCountInString(number))
	fmt.Fprintln(p.w, fold(strings.Repeat(" ", column)+number+p.said(text), hang, p.columns))
}

// painted gives a row's mark its colour.
func (p *page) painted(row, mark string) string {
	colour, known := map[string]string{markOK: "32", markFail: "1;31", markWarn: "33"}[mark]
	if !p.colour || !known {
		return row
	}
	return strings.Replace(row, mark, "\x1b["+colour+"m"+mark+"\x1b[0m", 1)
}

// The marks of a row.
const (
	markOK   = "ok"
	markFail = "FAIL"
	markWarn = "warn"
	markNote = "note"
	markSkip = "--"
)
