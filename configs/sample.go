package configs

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"
)

// Init writes the commented sample, which says what the defaults are, to path
// and creates the folders above it. It never overwrites: when there is a file
// already, the error matches fs.ErrExist.
func Init(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	_, err = f.Write(defaultYAML)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		_ = os.Remove(path)
		return fmt.Errorf("write settings: %w", err)
	}
	return nil
}

// Show renders the settings as YAML that Load reads again, with a comment that says
// where each came from.
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
