package configs

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"homeport/cause"
)

// schema is what may stand in a settings file: nil for a single value, an inner
// schema for a group of keys.
type schema map[string]schema

// listKey is the one key whose value is a list.
const listKey = "phones"

var (
	keepSchema = schema{"last": nil, "daily": nil, "weekly": nil, "monthly": nil, "within": nil, "size": nil}

	fileSchema = schema{
		"destination": nil, "engine": nil, "engine_path": nil, "min_interval": nil, "overdue": nil, "max_parallel": nil, "reserve": nil, "mirror": nil, "new_phones": nil,
		"keep": keepSchema, "scrub": schema{"every": nil, "rate": nil}, "log": schema{"level": nil, "dir": nil, "days": nil}, "password_command": nil,
		"notify": schema{"waiting": nil, "backed_up": nil, "failed": nil, "overdue": nil, "damage": nil}, "status_page": nil, "metrics": schema{"listen": nil, "textfile": nil}, "webhook": nil, "healthcheck": nil,
		"before": nil, "before_limit": nil, "after": nil, "after_limit": nil, listKey: nil,
	}

	phoneSchema = schema{
		"udid": nil, "name": nil, "enabled": nil, "destination": nil, "engine": nil, "min_interval": nil, "mirror": nil, "keep": keepSchema,
	}
)

// keys returns the dotted names of all single values.
func (s schema) keys() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(s)) {
		switch inner := s[name]; {
		case name == listKey:
		case inner == nil:
			names = append(names, name)
		default:
			for _, k := range inner.keys() {
				names = append(names, name+"."+k)
			}
		}
	}
	return names
}

// reader turns the text of one settings file into maps of strings, and gathers
// what is wrong with its shape. Values stay the text that was written: a UDID of
// digits must not become a number.
type reader struct {
	file     string
	problems []error
}

// read parses data. A file that is no YAML gives one problem with its line.
func (r *reader) read(data []byte) map[string]any {
	if line, found := notText(data); found {
		r.unfit(fmt.Sprintf("line %d holds bytes that are no text", line))
		return nil
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		r.unfit(notYAML(data, err))
		return nil
	}
	if len(doc.Content) == 0 || isNull(doc.Content[0]) {
		return nil
	}
	return r.group(doc.Content[0], "", fileSchema)
}

// unfit notes that the whole file cannot be understood.
func (r *reader) unfit(reason string) {
	r.problems = append(r.problems, cause.New(cause.ConfigInvalid,
		cause.Evidence{"file": r.file, "reason": reason, "allowed": "the form of the sample: a name, a colon and a value, indented with spaces"},
		fmt.Errorf("read settings %s: not YAML: %s", r.file, reason)))
}

func (r *reader) group(n *yaml.Node, path string, allowed schema) map[string]any {
	if n.Kind != yaml.MappingNode {
		r.refuse(n, path, "names with values, one a line", shown(n))
		return nil
	}
	m := map[string]any{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i].Value, n.Content[i+1]
		full := join(path, name)
		inner, known := allowed[name]
		_, twice := m[name]
		switch {
		case !known:
			r.unknown(n.Content[i], full, path, allowed)
		case twice:
			r.refuse(n.Content[i], full, "a single value; it stands there twice", shown(value))
		case name == listKey:
			m[name] = r.list(value, full)
		case inner != nil:
			m[name] = r.group(value, full, inner)
		case value.Kind != yaml.ScalarNode:
			r.refuse(value, full, "a single value", shown(value))
		case isNull(value):
			r.refuse(value, full, "a value, or no line at all", "")
		default:
			m[name] = value.Value
		}
	}
	return m
}

func (r *reader) list(n *yaml.Node, path string) []any {
	if isNull(n) {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		r.refuse(n, path, "a list, each entry beginning with \"- udid:\"", shown(n))
		return nil
	}
	var list []any
	for i, entry := range n.Content {
		list = append(list, r.group(entry, fmt.Sprintf("%s[%d]", path, i), phoneSchema))
	}
	return list
}

// refuse notes a value of the wrong shape.
func (r *reader) refuse(n *yaml.Node, key, allowed, value string) {
	r.problems = append(r.problems, invalid(key, fmt.Sprintf("%s, line %d", r.file, n.Line), value, allowed))
}

// noSuchKey is the reason why a key that does not exist is refused.
const noSuchKey = "there is no such setting"

// unknown notes a key that does not exist, and names the nearest one, or all that
// may stand there.
func (r *reader) unknown(n *yaml.Node, full, path string, allowed schema) {
	names := slices.Sorted(maps.Keys(allowed))
	near, ok := Nearest(n.Value, names)
	for i := range names {
		names[i] = join(path, names[i])
	}
	want := oneOf(names)
	if ok {
		want = join(path, near)
	}
	ev := cause.Evidence{"key": full, "file": fmt.Sprintf("%s, line %d", r.file, n.Line), "reason": noSuchKey, "allowed": want}
	r.problems = append(r.problems, cause.New(cause.ConfigInvalid, ev,
		fmt.Errorf("read settings %s, line %d: unknown key %s: want %s", r.file, n.Line, full, want)))
}

// invalid is the error for a value that a key cannot have.
func invalid(key, file, value, allowed string) error {
	ev := cause.Evidence{"key": key, "file": file, "value": value, "allowed": allowed}
	return cause.New(cause.ConfigInvalid, ev, fmt.Errorf("read settings %s: %s cannot be %q: it is %s", file, key, value, allowed))
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// shown is a value as an error shows it.
func shown(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a group"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "*" + n.Value
	}
	return n.Value
}

// Nearest returns the candidate that word was meant to be: the one that it is a
// piece of, or else the one that needs the fewest changes to become word, when
// those are few enough for a slip of the hand.
func Nearest(word string, candidates []string) (string, bool) {
	word = strings.ToLower(word[:min(len(word), maxCompared)])
	for _, c := range candidates {
		if len(word) >= 3 && strings.Contains(strings.ToLower(c), word) {
			return c, true
		}
	}
	if len(candidates) == 0 {
		return "", false
	}
	near := slices.MinFunc(candidates, func(a, b string) int { return distance(word, a) - distance(word, b) })
	return near, distance(word, near) <= max(1, (len(word)+1)/3)
}

// maxCompared bounds the words that distance compares.
const maxCompared = 64

// distance counts the single-letter insertions, removals and replacements that
// lead from a to b, without regard to case.
func distance(a, b string) int {
	a, b = strings.ToLower(a[:min(len(a), maxCompared)]), strings.ToLower(b[:min(len(b), maxCompared)])
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
