package configs

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxLine bounds the text of a line that an error shows, in runes.
const maxLine = 60

// notText finds the first line with bytes that no text has, numbered from 1. A
// text in UTF-16, as Windows may write it, begins with its mark and is left to the
// YAML reader.
func notText(data []byte) (line int, found bool) {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return 0, false
	}
	for i, text := range bytes.Split(data, []byte("\n")) {
		odd := func(r rune) bool { return r < ' ' && r != '\t' && r != '\r' || r == 0x7f }
		if !utf8.Valid(text) || bytes.ContainsFunc(text, odd) {
			return i + 1, true
		}
	}
	return 0, false
}

var yamlLine = regexp.MustCompile(`^line (\d+): `)

// notYAML says in words, with the line, why data is no YAML, given the reader's
// error.
func notYAML(data []byte, err error) string {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	number := 1 // the reader leaves the first line's number out
	if m := yamlLine.FindStringSubmatch(message); m != nil {
		number, _ = strconv.Atoi(m[1])
		message = message[len(m[0]):]
	}
	lines := strings.Split(string(data), "\n")
	for i, text := range lines[:min(number, len(lines))] {
		if indent := text[:len(text)-len(strings.TrimLeft(text, " \t"))]; strings.Contains(indent, "\t") {
			return fmt.Sprintf("line %d is indented with a tab instead of spaces", i+1)
		}
	}
	if strings.Contains(message, "unexpected end of stream") {
		if i := openQuote(lines); i >= 0 {
			return fmt.Sprintf("line %d has a quote that is not closed: %s", i+1, shorten(lines[i]))
		}
	}
	if number > len(lines) || strings.TrimSpace(lines[number-1]) == "" {
		return fmt.Sprintf("line %d: %s", number, message)
	}
	return fmt.Sprintf("line %d (%s): %s", number, message, shorten(lines[number-1]))
}

// openQuote finds the line whose value begins with a quote that the line does not
// close; -1: none.
func openQuote(lines []string) int {
	for i, text := range lines {
		_, value, _ := strings.Cut(text, ": ")
		value = strings.TrimSpace(value)
		if value != "" && (value[0] == '"' || value[0] == '\'') && strings.Count(value, value[:1])%2 == 1 {
			return i
		}
	}
	return -1
}

func shorten(s string) string {
	s = strings.TrimSpace(s)
	if utf8.RuneCountInString(s) > maxLine {
		return string([]rune(s)[:maxLine-1]) + "…"
	}
	return s
}
