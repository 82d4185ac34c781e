package computer

import (
	"context"

	"homeport/preflight"
)

func battery(ctx context.Context) (preflight.Battery, error) {
	out, err := output(ctx, "/usr/bin/pmset", "-g", "batt")
	if err != nil {
		return preflight.Battery{}, err
	}
	return batteryOfPmset(string(out)), nil
}
