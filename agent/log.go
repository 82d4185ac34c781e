package agent

import (
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"homeport/cause"
	"homeport/preflight"
)

// LogEvents returns a teller that writes each event as one structured line. The
// encoder escapes what phones put into names and texts. Progress is left out: the
// log says what happened, the screen what is happening.
func LogEvents(log *zap.Logger) func(Event) {
	return func(e Event) {
		if e.Kind == Progress {
			return
		}
		log.Check(levelOf(e), string(e.Kind)).Write(fieldsOf(e)...)
	}
}

// levelOf is how loud an event is in the log.
func levelOf(e Event) zapcore.Level {
	switch e.Kind {
	case Failed:
		return zapcore.ErrorLevel
	case Preflight:
		for _, f := range e.Findings {
			if f.Status == preflight.Fail || f.Status == preflight.Warn {
				return zapcore.WarnLevel
			}
		}
	}
	return zapcore.InfoLevel
}

func fieldsOf(e Event) []zap.Field {
	var fields []zap.Field
	add := func(ok bool, f zap.Field) {
		if ok {
			fields = append(fields, f)
		}
	}
	if e.Phone != nil {
		fields = append(fields, zap.String("udid", e.Phone.UDID), zap.String("device", e.Phone.Name))
		add(e.Kind == Plugged, zap.Any("phone", e.Phone))
	}
	add(e.Run != "", zap.String("run", e.Run))
	add(e.Cause != "", zap.String("cause", string(e.Cause)))
	add(e.Message != "", zap.String("text", e.Message))
	add(e.Shown > 0, zap.Float64("shownSeconds", e.Shown))
	if e.Next != nil {
		fields = append(fields, zap.Time("next", *e.Next))
	}
	if e.Result != nil {
		fields = append(fields, zap.Any("result", e.Result))
	}
	if f := e.Error; f != nil {
		fields = append(fields, zap.String("sentence", f.Message), zap.Any("evidence", f.Evidence),
			zap.Strings("hint", f.Remedy), zap.String("detail", f.Detail), zap.Int("exitCode", f.ExitCode))
	}
	add(e.Stack != "", zap.String("stack", e.Stack))
	add(len(e.Output) > 0, zap.Strings("output", e.Output))
	if told := worthLogging(e.Findings); len(told) > 0 {
		fields = append(fields, zap.Any("findings", told))
	}
	return fields
}

// worthLogging keeps the findings that say something: a pass says nothing.
func worthLogging(list []preflight.Finding) []preflight.Finding {
	var kept []preflight.Finding
	for _, f := range list {
		if f.Status != preflight.Pass && f.Cause != cause.ID("") {
			kept = append(kept, f)
		}
	}
	return kept
}
