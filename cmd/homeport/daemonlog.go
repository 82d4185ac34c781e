package main

import (
	"context"

	"go.uber.org/zap"

	"homeport/agent/status"
)

func errorField(err error) zap.Field { return zap.String("detail", err.Error()) }

// log reads the log files.
func (d *daemon) log(context.Context, status.LogQuery) ([]status.LogLine, error) { return nil, nil }
