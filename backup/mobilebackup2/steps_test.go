package mobilebackup2

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"homeport/cause"
)

// TestSteps keeps the last messages of a conversation, and nothing that they carried.
func TestSteps(t *testing.T) {
	t.Parallel()
	l := &link{}
	if got := cause.From(l.withSteps(errors.New("odd"))).Evidence["steps"].([]string); len(got) != 0 {
		t.Errorf("before anything: %q", got)
	}
	for n := range 200 {
		l.heard(message{name: fmt.Sprintf("DLMessage%d\x1b[2J\u00e9", n), args: []any{"a secret path"}})
		l.said([]any{statusName, int64(-6), "No such file", "another secret"})
	}
	l.heard(message{"DLMessageProcessMessage", []any{map[string]any{"MessageName": "Response", "ErrorCode": int64(987), "ErrorDescription": "secret"}}})
	e := cause.From(l.withSteps(cause.New(cause.Unknown, cause.Evidence{"code": int64(987), "text": "as told"}, errors.New("odd"))))
	list := e.Evidence["steps"].([]string)
	if len(list) != maxSteps || e.Evidence["code"] != int64(987) || e.Evidence["layer"] != "mobilebackup2" {
		t.Errorf("%d steps, %v", len(list), e.Evidence)
	}
	text := strings.Join(list, "\n")
	if strings.Contains(text, "secret") || strings.ContainsAny(text, "\x1b\u00e9") || len(text) > 100*maxSteps {
		t.Errorf("steps:\n%s", text)
	}
	if !strings.HasSuffix(text, " < DLMessageProcessMessage Response 987") || !strings.HasSuffix(list[maxSteps-2], " > DLMessageStatusResponse -6") {
		t.Errorf("the last steps: %q", list[maxSteps-2:])
	}
	known := cause.New(cause.DeviceDisconnected, nil, errors.New("EOF"))
	if cause.From(l.withSteps(known)).Evidence["steps"] != nil || l.withSteps(nil) != nil {
		t.Error("an error that says enough has steps")
	}
}
