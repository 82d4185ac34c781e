//go:build unix

package main

import (
	"context"
	"errors"
)

// followSession has nothing to do: a session that ends sends signals.
func followSession(*app) (end func()) { return func() {} }

func runUnderManager(context.Context, *app) error {
	return usageError{errors.New("--manager is for Windows")}
}
