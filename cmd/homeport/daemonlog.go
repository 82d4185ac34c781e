package main

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"go.uber.org/zap"

	"homeport/agent/history"
	"homeport/agent/status"
)

func errorField(err error) zap.Field { return zap.String("detail", err.Error()) }

// log reads the log files: the newest lines that q means, oldest first. A file that cannot
// be read costs its own lines only.
func (d *daemon) log(ctx context.Context, q status.LogQuery) ([]status.LogLine, error) {
	var list []status.LogLine
	f := history.LogFilter{Phone: q.Phone, Cause: q.Cause, Level: q.Level, Since: q.Since}
	err := history.ReadLog(ctx, d.live.config().Log.Dir, f, func(e history.Entry) bool {
		if !e.Valid() {
			return true
		}
		if list = append(list, slices.Clone(e.Raw)); len(list) >= 2*q.Limit {
			list = slices.Delete(list, 0, len(list)-q.Limit)
		}
		return true
	})
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.fault(err)
	}
	return list[max(0, len(list)-q.Limit):], nil
}
