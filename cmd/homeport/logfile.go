package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/exp/zapslog"
	"go.uber.org/zap/zapcore"
	"gopkg.in/natefinch/lumberjack.v2"
	"log/slog"

	"homeport/configs"
	"homeport/usbmux"
)

// The log file is rotated at logMegabytes; what is older than the configured
// days goes.
const logMegabytes = 16

// openLog opens the log file: JSON lines with ts, level, msg. A log that cannot
// be written is told once and does not keep a backup from being made.
func (a *app) openLog(cfg configs.Config) *zap.Logger {
	if a.log != nil {
		return a.log
	}
	a.log = zap.NewNop()
	dir := cfg.Log.Dir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		fmt.Fprintf(a.stderr, "warning: no log file: %v\n", err)
		return a.log
	}
	file := &lumberjack.Logger{Filename: filepath.Join(dir, "homeport.log"), MaxSize: logMegabytes, MaxAge: cfg.Log.Days, Compress: true}
	encoder := zap.NewProductionEncoderConfig()
	encoder.TimeKey = "ts"
	encoder.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	encoder.EncodeDuration = zapcore.SecondsDurationEncoder
	core := zapcore.NewCore(zapcore.NewJSONEncoder(encoder), zapcore.AddSync(file), levelOf(cfg.Log.Level))
	// The same line over and over (a loop gone wrong) must not fill the disk.
	a.log = zap.New(zapcore.NewSamplerWithOptions(core, time.Minute, 100, 1000))
	usbmux.SetLogger(slog.New(zapslog.NewHandler(core)))
	a.closers = append(a.closers, func() {
		_ = a.log.Sync()
		_ = file.Close()
	})
	return a.log
}

func levelOf(name string) zapcore.Level {
	l, err := zapcore.ParseLevel(name)
	if err != nil {
		return zapcore.InfoLevel
	}
	return l
}
