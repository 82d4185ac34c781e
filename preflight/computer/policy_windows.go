package computer

import (
	"context"
	"errors"
)

// tlsPolicy is not known here: the tool brings its own library.
func tlsPolicy(context.Context) (string, error) { return "", errors.ErrUnsupported }
