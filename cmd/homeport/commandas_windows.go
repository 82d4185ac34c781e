package main

import (
	"context"
	"os/exec"
)

// commandAs prepares a program that runs as this account: to be another one, Windows
// wants its password.
func commandAs(ctx context.Context, name, program string, args ...string) (*exec.Cmd, error) {
	if name != "" {
		return nil, errNotOurs
	}
	return exec.CommandContext(ctx, program, args...), nil
}
