package computer

import (
	"context"

	"homeport/preflight"
)

func programs(context.Context) ([]preflight.Program, error) {
	names, err := processNames()
	if err != nil {
		return nil, err
	}
	return programsOf(names), nil
}
