package computer

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"homeport/preflight"
)

func battery(context.Context) (preflight.Battery, error) {
	list, err := supplies(os.DirFS("/sys/class/power_supply"))
	if errors.Is(err, fs.ErrNotExist) {
		return preflight.Battery{}, errors.ErrUnsupported // a container or a machine without any
	}
	return batteryOfSupplies(list), err
}
