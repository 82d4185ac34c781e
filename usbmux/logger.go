package usbmux

import (
	"context"
	"log/slog"

	"github.com/danielpaulus/go-ios/ios"
)

// SetLogger sends what go-ios logs to l, for the whole process; nil discards it.
// It takes out the attributes that can hold key material (go-ios logs a damaged
// pair record in hex) and makes nothing louder than Info, since what failed comes
// back as an error anyway.
func SetLogger(l *slog.Logger) {
	if l == nil {
		l = slog.New(slog.DiscardHandler)
	}
	ios.SetLogger(slog.New(quietHandler{l.Handler()}))
}

// quietHandler is the bridge's filter.
type quietHandler struct{ next slog.Handler }

func (h quietHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, min(level, slog.LevelInfo))
}

func (h quietHandler) Handle(ctx context.Context, r slog.Record) error {
	quiet := slog.NewRecord(r.Time, min(r.Level, slog.LevelInfo), r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		if !secret(a.Key) {
			quiet.AddAttrs(a)
		}
		return true
	})
	return h.next.Handle(ctx, quiet)
}

func (h quietHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	var kept []slog.Attr
	for _, a := range attrs {
		if !secret(a.Key) {
			kept = append(kept, a)
		}
	}
	return quietHandler{h.next.WithAttrs(kept)}
}

func (h quietHandler) WithGroup(name string) slog.Handler {
	return quietHandler{h.next.WithGroup(name)}
}

// secret names the attributes in which go-ios logs bytes of the wire, and the one
// that is only the address of a connection in memory.
func secret(key string) bool {
	switch key {
	case "bytes", "payload", "header", "conn", "tlsConn":
		return true
	}
	return false
}
