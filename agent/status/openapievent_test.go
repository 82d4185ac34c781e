package status

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// The events belong to the agent, which stands above this package: their schema is made
// of its source.
const eventSource = "../event.go"

// eventData says what the data of an event is, by its name; "*" are all others.
var eventData = object{
	"status": object{"$ref": "#/components/schemas/Snapshot"},
	"lost":   object{"type": "object"},
	"*":      object{"$ref": "#/components/schemas/Event"},
}

// describeEvents adds Event, and what it is made of.
func describeEvents(t *testing.T, d *describer) {
	t.Helper()
	commentsOf(t, "..", d.comments)
	file, err := parser.ParseFile(token.NewFileSet(), eventSource, nil, 0)
	must(t, err)
	s := &sourceDescriber{t: t, d: d, structs: map[string]*ast.StructType{}}
	for _, decl := range file.Decls {
		if decl, ok := decl.(*ast.GenDecl); ok {
			for _, spec := range decl.Specs {
				s.note(spec)
			}
		}
	}
	s.describe("Event", "Event")
}

// sourceDescriber makes schemas of the structs of one file.
type sourceDescriber struct {
	t       *testing.T
	d       *describer
	structs map[string]*ast.StructType
	kinds   []string
}

// eventNames are the names in the document of what would be called as something else there.
var eventNames = map[string]string{"Phone": "EventPhone"}

func (s *sourceDescriber) note(spec ast.Spec) {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		if st, ok := spec.Type.(*ast.StructType); ok {
			s.structs[spec.Name.Name] = st
		}
	case *ast.ValueSpec:
		if id, ok := spec.Type.(*ast.Ident); ok && id.Name == "Kind" {
			word, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			must(s.t, err)
			s.kinds = append(s.kinds, word)
		}
	}
}

// describe adds the schema of the struct name, and answers a reference to it.
func (s *sourceDescriber) describe(name, as string) object {
	ref := object{"$ref": "#/components/schemas/" + as}
	if s.d.schemas[as] != nil {
		return ref
	}
	schema := object{"type": "object", "additionalProperties": false, "description": s.d.comments["agent."+name]}
	s.d.schemas[as] = schema
	properties, required := object{}, []string{}
	for _, f := range s.structs[name].Fields.List {
		key, options, _ := strings.Cut(reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("json"), ",")
		if key == "-" {
			continue
		}
		p := s.schema(f.Type)
		if about := s.d.comments["agent."+name+"."+f.Names[0].Name]; about != "" {
			p["description"] = about
		}
		properties[key] = p
		if options == "" {
			required = append(required, key)
		}
	}
	schema["properties"], schema["required"] = properties, required
	return ref
}

func (s *sourceDescriber) schema(e ast.Expr) object {
	switch e := e.(type) {
	case *ast.StarExpr:
		return s.schema(e.X)
	case *ast.ArrayType:
		return object{"type": "array", "items": s.schema(e.Elt)}
	case *ast.Ident:
		return s.named(e.Name)
	case *ast.SelectorExpr:
		return s.foreign(e.X.(*ast.Ident).Name + "." + e.Sel.Name)
	}
	s.t.Fatalf("no schema for %T in %s", e, eventSource)
	return nil
}

func (s *sourceDescriber) named(name string) object {
	switch name {
	case "string":
		return object{"type": "string"}
	case "bool":
		return object{"type": "boolean"}
	case "int", "int64":
		return object{"type": "integer"}
	case "float64":
		return object{"type": "number"}
	case "Kind":
		return object{"type": "string", "enum": s.kinds}
	case "Failure": // the same as this package's
		return s.d.schema(reflect.TypeFor[Failure]())
	}
	as := name
	if other := eventNames[name]; other != "" {
		as = other
	}
	if s.structs[name] == nil {
		s.t.Fatalf("no schema for %s in %s", name, eventSource)
	}
	return s.describe(name, as)
}

// foreign are the types of other packages.
func (s *sourceDescriber) foreign(name string) object {
	switch name {
	case "time.Time":
		return object{"type": "string", "format": "date-time"}
	case "preflight.Finding": // written as this package's
		return s.d.schema(reflect.TypeFor[Finding]())
	case "cause.ID", "backup.Phase", "store.VersionID":
		return object{"type": "string"}
	case "usbmux.Connection":
		return object{"type": "string", "enum": enums["status.Phone.Connection"]}
	}
	s.t.Fatalf("no schema for %s in %s", name, eventSource)
	return nil
}
