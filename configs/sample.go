package configs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"homeport/cause"
)

// destinationLine is the sample's line for the destination.
const destinationLine = "\ndestination: \"\"\n"

// Init writes the commented sample, which says what the defaults are, to path, with
// the destination filled in unless that is "", and creates the folders above it. It
// never overwrites: when there is a file already, the error matches fs.ErrExist.
func Init(path, destination string) error {
	text := string(defaultYAML)
	if destination != "" {
		// A JSON string is one line of YAML that means the same.
		quoted, err := json.Marshal(destination)
		if err != nil || !utf8.ValidString(destination) || !strings.Contains(text, destinationLine) {
			return fmt.Errorf("write settings: destination %q: %w", destination, errors.Join(errors.ErrUnsupported, err))
		}
		text = strings.Replace(text, destinationLine, "\ndestination: "+string(quoted)+"\n", 1)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return unwritable(path, err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return unwritable(path, err)
	}
	_, err = f.WriteString(text)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		_ = os.Remove(path)
		return unwritable(path, err)
	}
	return nil
}

// unwritable is the error for a sample that cannot be written. One that is there
// already is no trouble, and has no cause.
func unwritable(path string, err error) error {
	seen := fmt.Errorf("write settings %s: %w", path, err)
	if errors.Is(err, fs.ErrExist) {
		return seen
	}
	reason := err.Error()
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		reason = p.Path + ": " + p.Err.Error()
	}
	if errors.Is(err, fs.ErrPermission) {
		reason = "this account may not write in that folder"
	}
	return cause.New(cause.ConfigInvalid, cause.Evidence{
		"file": path, "reason": reason, "allowed": "--config with a file in a folder that your account may write to",
	}, seen)
}

// Show renders the settings as YAML that Load reads again, with a comment that says
// where each came from. Of an address that may hold a key only its host is shown.
func Show(c Config) ([]byte, error) {
	var doc yaml.Node
	if err := doc.Encode(c); err != nil {
		return nil, fmt.Errorf("show settings: %w", err)
	}
	c.annotate(&doc, "")
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(&doc); err != nil {
		return nil, fmt.Errorf("show settings: %w", err)
	}
	return b.Bytes(), nil
}

// annotate puts the source of every single value, and of the list of phones, beside
// it.
func (c Config) annotate(n *yaml.Node, path string) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		key := join(path, name.Value)
		switch {
		case value.Kind == yaml.MappingNode:
			c.annotate(value, key)
		case value.Kind == yaml.SequenceNode && len(value.Content) > 0:
			name.LineComment = c.Source(key)
		default:
			value.LineComment = c.Source(key)
		}
	}
}
