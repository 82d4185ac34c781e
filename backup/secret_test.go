package backup

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestSecretIsNeverPrinted(t *testing.T) {
	t.Parallel()
	const canary = "hunter2-canary"
	change := PasswordChange{UDID: "U", Old: canary, New: canary}
	restore := RestoreJob{UDID: "U", Password: canary}
	var texts []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		texts = append(texts, fmt.Sprintf(verb, change), fmt.Sprintf(verb, &restore), fmt.Sprintf(verb, change.Old))
	}
	for _, v := range []any{change.Old, map[string]any{"password": restore.Password}} {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(data))
	}
	texts = append(texts, errors.New(fmt.Sprint(change.New)).Error())
	for _, text := range texts {
		if strings.Contains(text, canary) || strings.Contains(text, fmt.Sprintf("%x", canary)) {
			t.Errorf("printed: %s", text)
		}
	}
	if string(change.Old) != canary {
		t.Error("the password itself is lost")
	}
}
