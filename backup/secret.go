package backup

import (
	"fmt"
	"io"
)

// Secret is a password. It prints as stars in whatever verb and form, so that an
// error, a log line or a dump of a job cannot give it away; string(s) is the
// password itself, for the one place that sends it.
type Secret string

const stars = "*****"

// Format prints stars, whatever was asked for.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, stars) }

// String gives stars.
func (Secret) String() string { return stars }

// MarshalText gives stars to JSON and YAML.
func (Secret) MarshalText() ([]byte, error) { return []byte(stars), nil }
