package plist

import "bytes"

const (
	// maxTag is far above the longest tag that anybody writes:
	// <!DOCTYPE plist PUBLIC "..." "..."> has about 110 bytes.
	maxTag = 1024

	// The decoder starts each dictionary with room for 32 pairs and each array
	// with room for 10 values.
	xmlDictCost  = 1024 + dictCost
	xmlArrayCost = 160 + objectCost
)

// xmlGuard scans the tags of one XML list. It is stricter than the XML parser
// behind it, so that both see the same tags: only known names, attributes on
// <plist> alone.
type xmlGuard struct {
	doc    []byte
	pos    int
	lim    Limits
	depth  int // containers open now
	open   []string
	values int
	spent  int
	closed bool // </plist> was seen
}

func checkXML(doc []byte, lim Limits) error {
	g := &xmlGuard{doc: doc, lim: lim}
	for !g.closed {
		i := bytes.IndexByte(doc[g.pos:], '<')
		if i < 0 {
			return malformed("XML ends inside the list")
		}
		g.pos += i
		if err := g.spend(i); err != nil { // text between the tags
			return err
		}
		if err := g.tag(); err != nil {
			return err
		}
	}
	// Some writers end a list with a NUL or a newline.
	if rest := bytes.Trim(doc[g.pos:], " \t\r\n\x00"); len(rest) > 0 {
		return malformed("%d bytes after the list", len(rest))
	}
	if g.values == 0 {
		return malformed("empty list")
	}
	return nil
}

// tag handles what begins at the '<' under pos and moves past it.
func (g *xmlGuard) tag() error {
	rest := g.doc[g.pos:]
	switch {
	case bytes.HasPrefix(rest, []byte("<?")):
		return g.skip("?>", maxTag)
	case bytes.HasPrefix(rest, []byte("<!--")):
		return g.skip("-->", len(rest))
	case bytes.HasPrefix(rest, []byte("<![CDATA[")):
		if len(g.open) == 0 {
			return malformed("text outside the list")
		}
		return g.skip("]]>", len(rest))
	case bytes.HasPrefix(rest, []byte("<!")):
		return g.doctype(rest)
	}
	end := bytes.IndexByte(rest[:min(len(rest), maxTag)], '>')
	if end < 0 {
		return malformed("tag without an end")
	}
	g.pos += end + 1
	return g.element(string(rest[1:end]))
}

// doctype skips a document type without a subset of its own: a subset is where
// entities are declared.
func (g *xmlGuard) doctype(rest []byte) error {
	end := bytes.IndexByte(rest[:min(len(rest), maxTag)], '>')
	if end < 0 || len(g.open) > 0 || bytes.ContainsAny(rest[2:end], "[<") {
		return malformed("document type with declarations")
	}
	g.pos += end + 1
	return nil
}

// skip moves past the next end mark, which must come within limit bytes.
func (g *xmlGuard) skip(mark string, limit int) error {
	rest := g.doc[g.pos:]
	i := bytes.Index(rest[:min(len(rest), limit)], []byte(mark))
	if i < 0 {
		return malformed("no %s", mark)
	}
	g.pos += i + len(mark)
	return g.spend(i)
}

// element handles the inside of one tag: "name", "/name", "name/", or plist with
// attributes.
func (g *xmlGuard) element(inside string) error {
	if len(inside) > 0 && inside[0] == '/' {
		return g.end(trimSpace(inside[1:]))
	}
	empty := len(inside) > 0 && inside[len(inside)-1] == '/'
	if empty {
		inside = inside[:len(inside)-1]
	}
	name := trimSpace(inside)
	if len(g.open) == 0 {
		if name != "plist" && !isPlistWithAttributes(name) {
			return malformed("root is no plist element")
		}
		name = "plist"
	}
	if err := g.start(name); err != nil {
		return err
	}
	if empty {
		return g.end(name)
	}
	return nil
}

func (g *xmlGuard) start(name string) error {
	cost := objectCost
	switch name {
	case "dict":
		g.depth++
		cost = xmlDictCost
	case "array":
		g.depth++
		cost = xmlArrayCost
	case "key", "string", "integer", "real", "date", "data", "true", "false":
	case "plist":
		if len(g.open) > 0 {
			return malformed("plist inside plist")
		}
		g.values-- // not a value itself
	default:
		return malformed("unknown element")
	}
	g.open = append(g.open, name)
	if g.depth > g.lim.Depth {
		return tooLarge("more than %d levels", g.lim.Depth)
	}
	if g.values++; g.values > g.lim.Objects {
		return tooLarge("more than %d elements", g.lim.Objects)
	}
	// Only containers may hold elements, so that a leaf cannot hide a tree.
	if n := len(g.open); n >= 2 {
		switch g.open[n-2] {
		case "plist", "dict", "array":
		default:
			return malformed("element inside %s", g.open[n-2])
		}
	}
	return g.spend(cost)
}

func (g *xmlGuard) end(name string) error {
	n := len(g.open)
	if n == 0 || g.open[n-1] != name {
		return malformed("end tag without its start")
	}
	g.open = g.open[:n-1]
	if name == "dict" || name == "array" {
		g.depth--
	}
	g.closed = n == 1
	return nil
}

func (g *xmlGuard) spend(n int) error {
	if g.spent += n; g.spent > g.lim.Decoded {
		return tooLarge("more than %d bytes of values", g.lim.Decoded)
	}
	return nil
}

func isPlistWithAttributes(s string) bool {
	const name = "plist"
	return len(s) > len(name) && s[:len(name)] == name && isSpace(s[len(name)])
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

func trimSpace(s string) string {
	for len(s) > 0 && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}
