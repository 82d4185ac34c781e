package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/exp/zapslog"
	"go.uber.org/zap/zapcore"

	"homeport/configs"
	"homeport/usbmux"
)

// openLog opens the log file: JSON lines with ts, level, msg. A log that cannot
// be written is told once and does not keep a backup from being made.
func (a *app) openLog(cfg configs.Config) *zap.Logger {
	if a.log != nil {
		return a.log
	}
	a.log = zap.NewNop()
	name := filepath.Join(cfg.Log.Dir, "homeport.log")
	if err := prepareLog(name); err != nil {
		fmt.Fprintf(a.stderr, "warning: no log is written: %s\n", clean(err.Error()))
		return a.log
	}
	file := newRotating(name, cfg.Log)
	encoder := zap.NewProductionEncoderConfig()
	encoder.TimeKey = "ts"
	encoder.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	encoder.EncodeDuration = zapcore.SecondsDurationEncoder
	a.level = zap.NewAtomicLevelAt(levelOf(cfg.Log.Level))
	core := zapcore.NewCore(zapcore.NewJSONEncoder(encoder), zapcore.Lock(zapcore.AddSync(&patient{w: file, stderr: a.stderr})), a.level)
	// The same line over and over (a loop gone wrong) must not fill the disk.
	a.log = zap.New(zapcore.NewSamplerWithOptions(core, time.Minute, 100, 1000))
	usbmux.SetLogger(slog.New(zapslog.NewHandler(core)))
	a.closers = append(a.closers, func() {
		_ = a.log.Sync()
		_ = file.Close()
	})
	return a.log
}

// prepareLog makes the folder of the log, and refuses a log that is something else
// than a file: a pipe would keep its writer waiting for a reader.
func prepareLog(name string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not an ordinary file", name)
	}
	return nil
}

// patient is a log file that says that it cannot be written, once each time, and goes on:
// the disk may have room again later.
type patient struct {
	w      io.Writer
	stderr io.Writer
	told   bool
}

// Write never fails.
func (p *patient) Write(line []byte) (int, error) {
	_, err := p.w.Write(plainJSON(line))
	if err != nil && !p.told {
		fmt.Fprintf(p.stderr, "warning: the log cannot be written, and it goes on without: %s\n", clean(err.Error()))
	}
	p.told = err != nil
	return len(line), nil
}

func levelOf(name string) zapcore.Level {
	l, err := zapcore.ParseLevel(name)
	if err != nil {
		return zapcore.InfoLevel
	}
	return l
}
