package main

import (
	"context"
	"fmt"
	"strings"

	"homeport/agent"
)

// keep puts the new password into the keychain when that is wanted: by the flag,
// by an answer, or because the old one is there, which would be wrong from now on.
// A removed password stays: the backups that were made with it need it.
func (o encryptionOptions) keep(ctx context.Context, a *app, state *encryptionState, words agent.Passwords) {
	if words.New == "" || o.old.noKeychain {
		return
	}
	udid := state.Phone.UDID
	_, known := a.savedPassword(ctx, udid)
	if !o.remember && !known && !a.wantsToRemember(ctx, o) {
		return
	}
	if err := a.rememberPassword(udid, string(words.New)); err != nil {
		state.Warning = "the password is set, but it is not kept: " + err.Error()
		return
	}
	state.Encryption.Remembered = true
}

// wantsToRemember asks, where a person typed the password and can answer.
func (a *app) wantsToRemember(ctx context.Context, o encryptionOptions) bool {
	if o.new.named() || a.json || !a.canAsk() {
		return false
	}
	answer, err := a.askLine(ctx, "keep the password in this computer's keychain, so that Homeport can open these backups? [y/N]")
	return err == nil && strings.HasPrefix(strings.ToLower(strings.TrimSpace(answer)), "y")
}

// askLine asks a question and reads one line of the standard input.
func (a *app) askLine(ctx context.Context, question string) (string, error) {
	fmt.Fprintf(a.stderr, "%s ", clean(question))
	line, err := abandon(ctx, func() (string, error) { return readLine(a.stdin) })
	if ctx.Err() != nil {
		fmt.Fprintln(a.stderr)
		return "", context.Cause(ctx)
	}
	return line, err
}

// tellEncryption prints how it is now.
func (a *app) tellEncryption(s encryptionState, words agent.Passwords) {
	if a.json {
		a.printJSON(s)
		return
	}
	label := clean(s.Phone.Label())
	switch {
	case !s.Encryption.Changed:
		a.printf("%s: has no backup password; nothing to do\n", label)
	case !s.Encryption.On:
		a.printf("%s: the backup password is removed\n", label)
	case words.Old == "":
		a.printf("%s: the backup password is set\n", label)
	default:
		a.printf("%s: the backup password is changed\n", label)
	}
	if s.Encryption.Remembered {
		a.printf("%s: the password is kept in this computer's keychain\n", label)
	}
	if s.Warning != "" {
		fmt.Fprintln(a.stderr, "warning: "+clean(s.Warning))
	}
}
