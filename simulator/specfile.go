package simulator

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// ParseSpec reads a Config from YAML (or JSON, which is YAML too):
//
//	listen: ["tcp://127.0.0.1:27015"]
//	phones:
//	  - udid: 00008110-000A1B2C3D4E801E
//	    name: Anna's iPhone
//	    seed: 7
//	    files: 2000
//	    bytes: 500000000
//	    trust: auto                      # or {mode: auto, polls: 2, delay: 3s}
//	    passcode: {mode: enter, delay: 5s}
//	    battery: {percent: 15, not_charging: true}
//	    photos: {count: 300, live_pairs: 40, edits: 5, in_cloud: 57}
//	    backup_password: secret          # and keybag_rounds: 10000000 for as many as a phone's
//	    values: {com.apple.mobile.backup: {CloudBackupEnabled: true}}
//
// The keys are those of Config's and PhoneSpec's yaml tags. Unknown keys and values that cannot be are errors, all told at once; the
// result has its defaults filled in.
func ParseSpec(data []byte) (Config, error) {
	var config Config
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(&config); err != nil && !errors.Is(err, io.EOF) {
		return Config{}, fmt.Errorf("read spec: %w", plainYAML(err))
	}
	if len(config.Phones) == 0 {
		return Config{}, errors.New("read spec: no phones")
	}
	config, err := config.prepared()
	if err != nil {
		return Config{}, fmt.Errorf("read spec: %w", err)
	}
	return config, nil
}

// plainYAML takes the names of Go types out of what the decoder says.
func plainYAML(err error) error {
	var wrong *yaml.TypeError
	if !errors.As(err, &wrong) {
		return err
	}
	var lines []string
	for _, line := range wrong.Errors {
		if strings.Contains(line, "simulator.") {
			line, _, _ = strings.Cut(line, " in type ")
			line, _, _ = strings.Cut(line, " into ")
		}
		lines = append(lines, strings.Replace(line, "not found", "is not known", 1))
	}
	return errors.New(strings.Join(lines, "; "))
}

// UnmarshalYAML takes a mode alone ("trust: auto") or the whole mapping.
func (t *Trust) UnmarshalYAML(value *yaml.Node) error {
	if value.Kind == yaml.ScalarNode {
		return value.Decode(&t.Mode)
	}
	type plain Trust
	return decodeKnown(value, (*plain)(t))
}

// UnmarshalYAML takes a mode alone ("passcode: none") or the whole mapping.
func (p *Passcode) UnmarshalYAML(value *yaml.Node) error {
	if value.Kind == yaml.ScalarNode {
		return value.Decode(&p.Mode)
	}
	type plain Passcode
	return decodeKnown(value, (*plain)(p))
}

// decodeKnown decodes a mapping with mode, polls and delay; a node decoded by itself would let unknown keys pass.
func decodeKnown(value *yaml.Node, into any) error {
	for i := 0; i+1 < len(value.Content) && value.Kind == yaml.MappingNode; i += 2 {
		if key := value.Content[i].Value; !oneOf(key, "mode", "polls", "delay") {
			return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: field %s not found", value.Content[i].Line, key)}}
		}
	}
	return value.Decode(into)
}
