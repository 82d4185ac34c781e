package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"homeport/agent"
	"homeport/cause"
)

func TestEncryptionDecides(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		verb  string
		now   agent.Encryption
		asked string // which passwords: old, new
		want  func(error) bool
	}{
		{"on", agent.Encryption{}, "new", nil},
		{"on", agent.Encryption{Required: true}, "new", nil},
		{"on", agent.Encryption{On: true}, "", isUsage},
		{"change", agent.Encryption{On: true}, "old new", nil},
		{"change", agent.Encryption{}, "", isUsage},
		{"off", agent.Encryption{On: true}, "old", nil},
		{"off", agent.Encryption{}, "", func(err error) bool { return errors.Is(err, errNothingToDo) }},
		{"off", agent.Encryption{On: true, Required: true}, "", func(err error) bool {
			id, _ := cause.Of(err)
			return id == cause.EncryptionRequiredByPolicy
		}},
	} {
		a, _, said := asking()
		a.typed = types("fresh", "fresh")
		var asked []string
		o := encryptionOptions{name: c.verb, old: noPasswordFlags, new: noPasswordFlags}
		words, err := o.passwords(t.Context(), a, agent.Phone{Name: "Anna"}, c.now, func(string) (string, error) {
			asked = append(asked, "old")
			return "stale", nil
		})
		if words.New != "" {
			asked = append(asked, "new")
		}
		if strings.Join(asked, " ") != c.asked || (c.want == nil) != (err == nil) || c.want != nil && !c.want(err) {
			t.Errorf("%s, now %+v: asked for %q, %v", c.verb, c.now, asked, err)
		}
		if err == nil && (words.Old != "" && words.Old != "stale" || words.New != "" && words.New != "fresh") {
			t.Errorf("%s: other passwords than were given", c.verb)
		}
		if text := said.String(); (err == nil) != strings.Contains(text, "From now on") && c.verb != "change" || strings.Contains(text, "stale") || strings.Contains(text, "fresh\n") {
			t.Errorf("%s said %q", c.verb, text)
		}
	}
}

func isUsage(err error) bool { return errors.As(err, &usageError{}) }

func TestEncryptionKeeps(t *testing.T) {
	t.Parallel()
	const other = "older"
	for name, c := range map[string]struct {
		saved    string // in the keychain before
		answer   string // to the question, if it comes
		remember bool
		none     bool // --no-keychain
		words    agent.Passwords
		want     string // in the keychain afterwards
	}{
		"asked for":          {remember: true, words: agent.Passwords{New: "fresh"}, want: "fresh"},
		"answered yes":       {answer: "y\n", words: agent.Passwords{New: "fresh"}, want: "fresh"},
		"answered no":        {answer: "\n", words: agent.Passwords{New: "fresh"}},
		"nobody answers":     {words: agent.Passwords{New: "fresh"}},
		"replaces the old":   {saved: other, words: agent.Passwords{Old: other, New: "fresh"}, want: "fresh"},
		"no keychain":        {saved: other, none: true, words: agent.Passwords{Old: other, New: "fresh"}, want: other},
		"stays when removed": {saved: other, words: agent.Passwords{Old: other}, want: other},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, keys, said := asking()
			a.stdin, a.typed = strings.NewReader(c.answer), types()

			if c.saved != "" {
				if err := a.rememberPassword(phoneUDID, c.saved); err != nil {
					t.Fatal(err)
				}
			}
			o := encryptionOptions{old: noPasswordFlags, new: noPasswordFlags, remember: c.remember}
			o.old.noKeychain = c.none
			state := encryptionState{Phone: agent.Phone{UDID: phoneUDID}}
			o.keep(context.Background(), a, &state, c.words)
			got, _ := a.savedPassword(t.Context(), phoneUDID)
			if got != c.want || state.Encryption.Remembered != (c.want == "fresh") || state.Warning != "" {
				t.Errorf("it holds %q of %d, want %q; %+v", got, len(keys.entries), c.want, state)
			}
			if strings.Contains(said.String(), "fresh") {
				t.Errorf("said %q", said)
			}
		})
	}
}

// TestEncryptionIsNotLostWithTheKeychain: the change was made, and that the keychain
// did not take the password is a warning.
func TestEncryptionIsNotLostWithTheKeychain(t *testing.T) {
	t.Parallel()
	a, keys, said := asking()
	keys.err = errors.New("locked up")
	var out bytes.Buffer
	a.stdout = &out
	o := encryptionOptions{old: noPasswordFlags, new: noPasswordFlags, remember: true}
	state := encryptionState{Phone: agent.Phone{UDID: phoneUDID, Name: "Anna"}}
	state.Encryption.On, state.Encryption.Changed = true, true
	words := agent.Passwords{New: "fresh"}
	o.keep(t.Context(), a, &state, words)
	a.tellEncryption(state, words)
	if !strings.Contains(out.String(), "the backup password is set") || !strings.Contains(said.String(), "warning: ") || strings.Contains(said.String()+out.String(), "fresh") {
		t.Errorf("%q, %q", out.String(), said)
	}
}
