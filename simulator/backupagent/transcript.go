package backupagent

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Line is one step of a conversation, as Agent.Transcript is told it.
type Line struct {
	Host bool   // the host said it, else the phone
	Name string // the message's name; "file" for a file in a stream from the host
	Args []any  // what follows the name, decoded; of a file its path, its code and its length
}

// String spells the line so that two conversations can be compared: keys in
// order, dates left out, bytes by their number.
func (l Line) String() string {
	var b strings.Builder
	b.WriteString("< ")
	if l.Host {
		b.Reset()
		b.WriteString("> ")
	}
	b.WriteString(l.Name)
	for _, a := range l.Args {
		b.WriteByte(' ')
		spell(&b, a)
	}
	return b.String()
}

func spell(b *strings.Builder, v any) {
	switch v := v.(type) {
	case string:
		fmt.Fprintf(b, "%q", v)
	case []byte:
		fmt.Fprintf(b, "<%d bytes>", len(v))
	case time.Time:
		b.WriteString("<date>")
	case []string:
		fmt.Fprintf(b, "%q", v)
	case []any:
		b.WriteByte('[')
		for i, e := range v {
			if i > 0 {
				b.WriteByte(' ')
			}
			spell(b, e)
		}
		b.WriteByte(']')
	case map[string]any:
		b.WriteByte('{')
		for i, k := range sortedKeys(v) {
			if i > 0 {
				b.WriteByte(' ')
			}
			fmt.Fprintf(b, "%s:", k)
			spell(b, v[k])
		}
		b.WriteByte('}')
	case float32:
		spell(b, float64(v))
	case float64:
		fmt.Fprintf(b, "%.1f", v) // with its point: a real is no integer on this wire
	default:
		fmt.Fprint(b, v)
	}
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// tell hands a message on to whoever listens. encoded is the message as it is on
// the wire, so that what is told is what the other side reads.
func (l *link) tell(host bool, encoded []byte) {
	if l.transcript == nil {
		return
	}
	name, args, err := parseMessage(encoded)
	if err != nil {
		name, args = "malformed", []any{err.Error()}
	}
	l.transcript(Line{Host: host, Name: name, Args: args})
}

// tellFile hands on that the host has sent a file, or that it could not.
func (l *link) tellFile(path string, code, length int64) {
	if l.transcript != nil {
		l.transcript(Line{Host: true, Name: "file", Args: []any{path, code, length}})
	}
}
