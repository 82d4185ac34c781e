package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// bundle is a report: files without anything personal in them.
type bundle struct {
	parts    []part
	replaced map[string]int // by kind
	files    map[string][]byte
	made     time.Time
}

// part is one file of a bundle.
type part struct {
	Name  string `json:"name"`
	About string `json:"about"`
	Bytes int    `json:"bytes"`
}

// add redacts a value and puts it in as JSON.
func (b *bundle) add(r *redactor, name, about string, v any) {
	data, err := json.MarshalIndent(r.value("", v), "", "  ")
	if err != nil {
		data = []byte("it could not be written: " + r.text(err.Error()))
	}
	b.put(r, name, about, append(data, '\n'))
}

// put takes a file that is redacted. One in which something personal is found
// nevertheless is left out: nobody is to find that later.
func (b *bundle) put(r *redactor, name, about string, data []byte) {
	data = []byte(r.literals(string(data)))
	if found := r.leak(string(data)); found != "" {
		data, about = []byte("left out: "+found+" could not be taken out of it\n"), "left out, as it could not be made fit to show"
	}
	b.parts = append(b.parts, part{name, about, len(data)})
	b.files[name] = data
}

// readme says what the bundle is, and what was replaced in it.
func (b *bundle) readme(r *redactor) {
	var text strings.Builder
	fmt.Fprintf(&text, "A report of Homeport, made %s.\n\nIn it:\n", b.made.Format("2006-01-02 15:04 MST"))
	for _, p := range b.parts {
		fmt.Fprintf(&text, "  %-16s %s\n", p.Name, p.About)
	}
	b.replaced = maps.Clone(r.removed)
	text.WriteString(`
Replaced, so that nobody can be known by it, each with the number of places:
`)
	for _, kind := range slices.Sorted(maps.Keys(b.replaced)) {
		fmt.Fprintf(&text, "  %-10s %6d   %s\n", kind, b.replaced[kind], kindWords[kind])
	}
	text.WriteString(readmeEnd)
	b.put(r, "README.txt", "what this is, and what was replaced", []byte(text.String()))
}

// readmeEnd is the end of what a bundle says of itself.
const readmeEnd = `
The same phone, file or name has the same word everywhere: phone-1 is one phone.
~ is the home folder, DEST the folder of the backups, STATE and LOG Homeport's own.
Not in it: backups, passwords, pair records, the settings file as it was written.
`

// kindWords say what was replaced.
var kindWords = map[string]string{
	"phone": "phones: UDIDs and names", "name": "people and organisations", "user": "accounts", "host": "computers",
	"volume": "drives", "file": "names of files", "path": "folders", "serial": "serial numbers", "udid": "UDIDs of other devices",
	"id": "other identifiers", "ecid": "chip identifiers", "mac": "network hardware", "address": "network addresses",
	"network": "wireless networks", "number": "phone numbers, IMEIs", "mail": "mail addresses", "secret": "passwords, commands, tokens", "value": "values of wrong settings",
}

func replacedWords(counts map[string]int) string {
	var words []string
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		if w := kindWords[kind]; w != "" && !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	if len(words) == 0 {
		return "there were none"
	}
	return strings.Join(words, "; ")
}

// write makes the zip file.
func (b *bundle) write(w io.Writer) error {
	z := zip.NewWriter(w)
	for _, p := range slices.Backward(b.parts) {
		f, err := z.CreateHeader(&zip.FileHeader{Name: p.Name, Method: zip.Deflate, Modified: b.made})
		if err != nil {
			return err
		}
		if _, err := io.Copy(f, bytes.NewReader(b.files[p.Name])); err != nil {
			return err
		}
	}
	return z.Close()
}

// decoded is a value as JSON has it, so that it can be walked; nil when it cannot
// be one.
func decoded(v any) any {
	data, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return parsed(data)
}

// parsed reads JSON and keeps its numbers as they are.
func parsed(data []byte) any {
	var v any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return nil
	}
	return v
}
