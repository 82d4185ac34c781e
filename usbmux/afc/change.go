package afc

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
)

const (
	opRemove  operation = 0x08
	opMakeDir operation = 0x09

	statusExists uint64 = 16
)

// MakeDir makes a folder; one that is there already is fine.
func (c *Client) MakeDir(ctx context.Context, path string) error {
	err := c.command(ctx, opMakeDir, "make folder", path)
	if refused, ok := errors.AsType[*StatusError](err); ok && refused.Code == statusExists {
		return nil
	}
	return err
}

// Remove removes a file or an empty folder; one that is not there is fine.
func (c *Client) Remove(ctx context.Context, path string) error {
	if err := c.command(ctx, opRemove, "remove", path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// WriteFile makes a file with this content, in place of one that is there.
func (c *Client) WriteFile(ctx context.Context, path string, data []byte) error {
	f, err := c.Open(ctx, path, WriteOnly)
	if err != nil {
		return err
	}
	_, err = f.Write(ctx, data)
	return errors.Join(err, f.Close())
}

// command sends a packet that has a path and is answered with a status.
func (c *Client) command(ctx context.Context, op operation, verb, path string) error {
	args, err := withPath(nil, path)
	if err != nil {
		return err
	}
	r, err := c.ask(ctx, op, args, nil, maxReply)
	if err != nil {
		return fmt.Errorf("%s %s: %w", verb, path, err)
	}
	return r.expect(opStatus, verb, path)
}
