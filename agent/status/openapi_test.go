package status

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"homeport/agent/history"
	"homeport/cause"
)

var update = flag.Bool("update", false, "write openapi.json anew")

// object is a piece of the document.
type object = map[string]any

// operation is one row of the API: what the document says of a route.
type operation struct {
	route, summary string
	parameters     []object
	body           any         // nil: none
	answers        map[int]any // a value of the type, or nil for what is no JSON
}

func parameter(name, in, about string, schema object) object {
	return object{"name": name, "in": in, "required": in == "path", "description": about, "schema": schema}
}

var (
	text    = object{"type": "string"}
	instant = object{"type": "string", "format": "date-time"}
	rows    = object{"type": "integer", "minimum": 1, "maximum": mostRows, "default": usualRows}
	udid    = parameter("udid", "path", "A UDID, in any spelling.", text)
)

// operations are all there is.
func operations() []operation {
	phone := parameter("phone", "query", "Only of this phone: a UDID, in any spelling.", text)
	why := parameter("cause", "query", "Only with this cause, an id of the catalogue.", text)
	since := parameter("since", "query", "Only at this time or later.", instant)
	limit := parameter("limit", "query", "At most so many, the newest.", rows)
	bad := errorBody{}
	return []operation{
		{"GET /v1/status", "The whole picture", nil, nil, map[int]any{200: Snapshot{}}},
		{"GET /v1/phones", "Every phone, those that need somebody first", nil, nil, map[int]any{200: phoneList{}}},
		{"GET /v1/phones/{udid}", "One phone", []object{udid}, nil, map[int]any{200: Phone{}, 404: bad}},
		{"GET /v1/runs", "The runs of the past, the newest first", []object{phone, why,
			parameter("outcome", "query", "Only with this outcome.", object{"type": "string", "enum": history.Outcomes}), since,
			parameter("until", "query", "Only what began before this time.", instant), limit}, nil, map[int]any{200: runList{}, 400: bad}},
		{"GET /v1/log", "The log, the oldest line first", []object{phone, why,
			parameter("level", "query", "Only this level and what is worse.", object{"type": "string", "enum": []string{"debug", "info", "warn", "error"}}),
			since, limit}, nil, map[int]any{200: lineList{}, 400: bad}},
		{"GET /v1/events", "What happens, as server-sent events. The name of an event is its kind (plugged, unplugged, preflight, waiting, progress, " +
			"verified, finished, failed, skipped, note, service) and its data an Event, as homeport run --json prints it. Besides there are \"status\", " +
			"whose data is the whole picture, at first and whenever it changed, and \"lost\", when a reader was too slow and events were left out.",
			nil, nil, map[int]any{200: nil, 503: bad}},
		{"GET /v1/openapi.json", "This document", nil, nil, map[int]any{200: object{}}},
		{"POST /v1/runs", "Start a backup now, whatever the schedule says. It answers once it is under way; how it goes on is told as events.", nil, StartRequest{},
			map[int]any{202: Phone{}, 400: bad, 403: bad, 404: bad, 409: bad, 413: bad, 415: bad}},
		{"DELETE /v1/runs/{udid}", "Cancel the backup of a phone that is under way; what was received is kept.", []object{udid}, nil, map[int]any{202: Phone{}, 404: bad}},
		{"POST /v1/config/reload", "Read the settings again. Settings that are wrong change nothing.", nil, nil, map[int]any{200: Reloaded{}, 422: Reloaded{}}},
		{"POST /v1/page", "Open the status page, and get its address with a key that works once.", nil, nil, map[int]any{200: Page{}, 500: bad}},
	}
}

// describer makes schemas of Go types.
type describer struct {
	comments map[string]string // of fields and types, by "package.Type.Field"
	schemas  object
}

// names are those of types that would be called alike, or not at all.
var names = map[string]string{
	"history.Run": "PastRun", "history.Finding": "PastFinding", "history.Phase": "PastPhase",
	"status.errorBody": "Error", "status.phoneList": "Phones", "status.runList": "Runs", "status.lineList": "Log",
}

func (d *describer) schema(t reflect.Type) object {
	switch t {
	case reflect.TypeFor[time.Time]():
		return maps.Clone(instant)
	case reflect.TypeFor[LogLine]():
		return logLine()
	case reflect.TypeFor[cause.Evidence](), reflect.TypeFor[object]():
		return object{"type": "object", "additionalProperties": true}
	case reflect.TypeFor[State]():
		return object{"type": "string", "enum": []State{Waiting, BackingUp, Checking, Failed, Overdue, New, OK, Ignored, Away}}
	case reflect.TypeFor[history.Outcome]():
		return object{"type": "string", "enum": history.Outcomes}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return d.schema(t.Elem())
	case reflect.Slice:
		return object{"type": "array", "items": d.schema(t.Elem())}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.Struct:
		return d.ref(t)
	}
	panic("no schema for " + t.String())
}

// enums are the words that a field of text can have.
var enums = map[string][]string{
	"status.Finding.Status":   {"pass", "info", "warn", "fail", "skipped"},
	"status.Phone.Connection": {"USB", "Network"},
}

// logLine is one line of the log: what every line has, and what most have.
func logLine() object {
	p := object{"ts": maps.Clone(instant), "level": object{"type": "string", "enum": logLevels}}
	for name, about := range map[string]string{"msg": "the kind of an event, or what happened", "udid": "", "device": "the phone's name", "cause": "", "text": "", "sentence": "of a cause",
		"detail": "for whoever helps", "run": "the version being made"} {
		p[name] = object{"type": "string"}
		if about != "" {
			p[name].(object)["description"] = about
		}
	}
	return object{"type": "object", "additionalProperties": true, "properties": p}
}

// ref describes a struct once.
func (d *describer) ref(t reflect.Type) object {
	name, known := names[t.String()]
	if !known {
		name = t.Name()
	}
	ref := object{"$ref": "#/components/schemas/" + name}
	if d.schemas[name] != nil {
		return ref
	}
	s := object{"type": "object", "additionalProperties": false}
	d.schemas[name] = s
	if about := d.comments[t.String()]; about != "" {
		s["description"] = about
	}
	properties, required := object{}, []string{}
	for i := range t.NumField() {
		f := t.Field(i)
		key, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		p := d.schema(f.Type)
		if words := enums[t.String()+"."+f.Name]; words != nil {
			p["enum"] = words
		}
		if about := d.comments[t.String()+"."+f.Name]; about != "" {
			p["description"] = about
		}
		properties[key] = p
		if options == "" {
			required = append(required, key)
		}
	}
	s["properties"] = properties
	if len(required) > 0 {
		s["required"] = required
	}
	return ref
}

// commentsOf reads what the fields of a package's types are said to be.
func commentsOf(t *testing.T, dir string, into map[string]string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	must(t, err)
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		must(t, err)
		for _, d := range file.Decls {
			decl, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range decl.Specs {
				if ts, ok := spec.(*ast.TypeSpec); ok {
					note(file.Name.Name+"."+ts.Name.Name, decl, ts, into)
				}
			}
		}
	}
}

// note keeps the comments of a type and its fields.
func note(name string, decl *ast.GenDecl, ts *ast.TypeSpec, into map[string]string) {
	into[name] = sentence(decl.Doc.Text())
	st, ok := ts.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, f := range st.Fields.List {
		for _, id := range f.Names {
			into[name+"."+id.Name] = sentence(f.Doc.Text() + f.Comment.Text())
		}
	}
}

func sentence(s string) string { return strings.Join(strings.Fields(s), " ") }

// build makes the document of the operations and the types.
func build(t *testing.T) object {
	t.Helper()
	d := &describer{comments: map[string]string{}, schemas: object{}}
	commentsOf(t, ".", d.comments)
	commentsOf(t, "../history", d.comments)
	paths := object{}
	for _, op := range operations() {
		method, path, _ := strings.Cut(op.route, " ")
		o := object{"summary": op.summary, "operationId": operationID(op.route)}
		if op.parameters != nil {
			o["parameters"] = op.parameters
		}
		if op.body != nil {
			o["requestBody"] = object{"required": true, "content": object{"application/json": object{"schema": d.schema(reflect.TypeOf(op.body))}}}
		}
		responses := object{}
		for code, v := range op.answers {
			content := object{"text/event-stream": object{"schema": object{"type": "string"}, "x-data": eventData}}
			if v != nil {
				content = object{"application/json": object{"schema": d.schema(reflect.TypeOf(v))}}
			}
			responses[fmt.Sprint(code)] = object{"description": http.StatusText(code), "content": content}
		}
		responses["default"] = object{"description": "Any other refusal", "content": object{"application/json": object{"schema": d.schema(reflect.TypeOf(errorBody{}))}}}
		o["responses"] = responses
		if paths[path] == nil {
			paths[path] = object{}
		}
		paths[path].(object)[strings.ToLower(method)] = o
	}
	describeEvents(t, d)
	return object{
		"openapi": "3.1.0",
		"info": object{"title": "Homeport", "version": "1", "license": object{"name": "MIT", "identifier": "MIT"},
			"description": "The control API of a running Homeport: JSON over HTTP on the socket control.sock of its state folder, or a named pipe, for its owner only. " +
				"The status page's listener has what is read with GET. Sizes are in bytes, times RFC 3339, durations in seconds; what is not known is absent."},
		"servers":    []object{{"url": "http://homeport", "description": "on the control socket: curl --unix-socket control.sock http://homeport/v1/status"}},
		"paths":      paths,
		"components": object{"schemas": d.schemas},
	}
}

var notWord = regexp.MustCompile(`[^A-Za-z]+`)

func operationID(route string) string {
	words := strings.Fields(notWord.ReplaceAllString(strings.ReplaceAll(route, "/v1", ""), " "))
	id := strings.ToLower(words[0])
	for _, w := range words[1:] {
		id += strings.ToUpper(w[:1]) + w[1:]
	}
	return id
}

// copies are where the document is: here for the program, and among the docs for people.
var copies = []string{"openapi.json", "../../docs/openapi.json"}

// TestOpenAPIIsTrue holds the document against the routes and the types: what is in one
// is in the other.
func TestOpenAPIIsTrue(t *testing.T) {
	t.Parallel()
	want, err := json.MarshalIndent(build(t), "", "  ")
	must(t, err)
	want = append(want, '\n')
	for _, name := range copies {
		if *update {
			must(t, os.WriteFile(name, want, 0o644))
		}
		got, err := os.ReadFile(name)
		must(t, err)
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the code is; go test ./agent/status -run OpenAPI -update writes it", name)
		}
	}
	var told, there []string
	for _, op := range operations() {
		told = append(told, op.route)
	}
	for _, r := range newStage(t).server.routes("control") {
		there = append(there, r.pattern)
	}
	slices.Sort(told)
	slices.Sort(there)
	if !slices.Equal(told, there) {
		t.Errorf("the document has %q, the server %q", told, there)
	}
}

// TestAnswersFitTheDocument asks a server for everything, and holds each answer against
// the document.
func TestAnswersFitTheDocument(t *testing.T) {
	t.Parallel()
	st := newStage(t)
	st.control(t)
	var doc object
	must(t, json.Unmarshal(document, &doc))
	ask := func(method, path, body string) string {
		return fmt.Sprintf("%s %s HTTP/1.1\r\nHost: homeport\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", method, path, len(body), body)
	}
	for _, tt := range []struct {
		method, path, body, route string
		code                      int
	}{
		{"GET", "/v1/status", "", "/v1/status", 200},
		{"GET", "/v1/phones", "", "/v1/phones", 200},
		{"GET", "/v1/phones/" + annaUDID, "", "/v1/phones/{udid}", 200},
		{"GET", "/v1/phones/nobody", "", "/v1/phones/{udid}", 404},
		{"GET", "/v1/runs?phone=" + annaUDID + "&cause=host-disk-full&outcome=failed&since=2026-11-22T10:31:40Z&until=2026-12-22T10:31:40Z&limit=5", "", "/v1/runs", 200},
		{"GET", "/v1/runs?outcome=good", "", "/v1/runs", 400},
		{"GET", "/v1/runs?limit=0", "", "/v1/runs", 400},
		{"GET", "/v1/runs?since=yesterday", "", "/v1/runs", 400},
		{"GET", "/v1/log?phone=x&cause=y&level=warn&since=2026-11-22T10:31:40Z&limit=5", "", "/v1/log", 200},
		{"GET", "/v1/log?level=loud", "", "/v1/log", 400},
		{"GET", "/v1/openapi.json", "", "/v1/openapi.json", 200},
		{"POST", "/v1/runs", `{"phone":"` + annaUDID + `","full":true,"noWait":true}`, "/v1/runs", 202},
		{"POST", "/v1/runs", `{"phone":"Ben"}`, "/v1/runs", 404},
		{"POST", "/v1/runs", `{"phone":1}`, "/v1/runs", 400},
		{"DELETE", "/v1/runs/" + annaUDID, "", "/v1/runs/{udid}", 202},
		{"DELETE", "/v1/runs/nobody", "", "/v1/runs/{udid}", 404},
		{"POST", "/v1/config/reload", "", "/v1/config/reload", 422},
		{"POST", "/v1/page", "", "/v1/page", 200},
	} {
		code, h, body := send(t, st.dialControl(t), ask(tt.method, tt.path, tt.body))
		if code != tt.code || h.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s: %d %s: %s", tt.method, tt.path, code, h.Get("Content-Type"), body)
			continue
		}
		c := &checker{doc: doc}
		schema := c.at("paths", tt.route, strings.ToLower(tt.method), "responses", fmt.Sprint(code), "content", "application/json", "schema")
		var v any
		must(t, json.Unmarshal([]byte(body), &v))
		for _, wrong := range c.check("answer", schema, v) {
			t.Errorf("%s %s: %s", tt.method, tt.path, wrong)
		}
	}
}

// TestTheCheckerFinds proves that an answer which does not fit is found.
func TestTheCheckerFinds(t *testing.T) {
	t.Parallel()
	var doc object
	must(t, json.Unmarshal(document, &doc))
	data, err := json.Marshal(example())
	must(t, err)
	for _, change := range [][2]string{
		{`"percent":43`, `"percent":"43"`}, {`"percent":43`, `"procent":43`}, {`"state":"backing-up"`, `"state":"busy"`}, {`"files":7`, `"files":7.5`},
		{`"started":"2026-11-25T10:15:03Z"`, `"started":"today"`}, {`"plugged":true,`, ``}, {`"remedy":["Free 53.7 GB."]`, `"remedy":"Free 53.7 GB."`}, {`"full":true`, `"full":null`},
	} {
		if !bytes.Contains(data, []byte(change[0])) {
			t.Fatalf("the example has no %s", change[0])
		}
		var v any
		must(t, json.Unmarshal(bytes.Replace(data, []byte(change[0]), []byte(change[1]), 1), &v))
		c := &checker{doc: doc}
		if len(c.check("answer", object{"$ref": "#/components/schemas/Snapshot"}, v)) == 0 {
			t.Errorf("%s in place of %s is not found", change[1], change[0])
		}
	}
}

// checker holds values against the schemas of the document: the few words of JSON Schema
// that it uses.
type checker struct{ doc object }

func (c *checker) at(path ...string) object {
	now := c.doc
	for _, p := range path {
		now, _ = now[p].(object)
	}
	return now
}

func (c *checker) check(where string, schema object, v any) (wrong []string) {
	if ref, ok := schema["$ref"].(string); ok {
		schema = c.at(strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
	}
	bad := func(format string, args ...any) {
		wrong = append(wrong, where+": "+fmt.Sprintf(format, args...))
	}
	switch schema["type"] {
	case "object":
		m, ok := v.(object)
		if !ok {
			bad("%v is no object", v)
			return wrong
		}
		properties, _ := schema["properties"].(object)
		for k, x := range m {
			if p, known := properties[k].(object); known {
				wrong = append(wrong, c.check(where+"."+k, p, x)...)
			} else if schema["additionalProperties"] == false {
				bad("there is no %q", k)
			}
		}
		required, _ := schema["required"].([]any)
		for _, k := range required {
			if _, there := m[k.(string)]; !there {
				bad("%q is missing", k)
			}
		}
	case "array":
		list, ok := v.([]any)
		if !ok {
			bad("%v is no list", v)
		}
		for i, x := range list {
			wrong = append(wrong, c.check(fmt.Sprintf("%s[%d]", where, i), schema["items"].(object), x)...)
		}
	case "string":
		s, ok := v.(string)
		if !ok {
			bad("%v is no text", v)
		}
		if _, err := time.Parse(time.RFC3339, s); schema["format"] == "date-time" && err != nil {
			bad("%q is no time", s)
		}
		if enum, ok := schema["enum"].([]any); ok && !slices.Contains(enum, v) {
			bad("%q is none of %v", s, enum)
		}
	case "boolean":
		if _, ok := v.(bool); !ok {
			bad("%v is not true or false", v)
		}
	case "integer", "number":
		if n, ok := v.(float64); !ok || schema["type"] == "integer" && n != float64(int64(n)) {
			bad("%v is no %s", v, schema["type"])
		}
	default:
		bad("the document has no type for it")
	}
	return wrong
}
