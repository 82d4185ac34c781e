package computer

import (
	"context"
	"os"

	"homeport/preflight"
)

func guard(_ context.Context, dir string) (preflight.Guard, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return preflight.Guard{}, err
	}
	return privacyGuard(home, dir), nil
}
