package main

import (
	"context"
	"errors"

	"github.com/zalando/go-keyring"
)

var (
	// errNoKeychain says that this system has no keychain that we could use: a
	// Linux without a session bus, for one.
	errNoKeychain = errors.New("this system has no keychain to use")
	// errNotSaved says that the keychain has no such entry.
	errNotSaved = errors.New("not in the keychain")
)

// keychain keeps passwords. Its errors are errNoKeychain, errNotSaved, what the
// keychain said, or that of ctx.
type keychain interface {
	get(ctx context.Context, service, account string) (string, error)
	set(ctx context.Context, service, account, password string) error
	remove(ctx context.Context, service, account string) error
}

// keys is the keychain in use.
func (a *app) keys() keychain {
	if a.keychain == nil {
		a.keychain = systemKeychain{}
	}
	return a.keychain
}

// systemKeychain is macOS's Keychain, Windows's Credential Manager, or the Secret
// Service of a Linux desktop. None of them can be told to give up: a question that
// a person does not answer is left behind, and ends with the process.
type systemKeychain struct{}

func (systemKeychain) get(ctx context.Context, service, account string) (string, error) {
	return within(ctx, func() (string, error) { return keyring.Get(service, account) })
}

func (systemKeychain) set(ctx context.Context, service, account, password string) error {
	_, err := within(ctx, func() (string, error) { return "", keyring.Set(service, account, password) })
	return err
}

func (systemKeychain) remove(ctx context.Context, service, account string) error {
	_, err := within(ctx, func() (string, error) { return "", keyring.Delete(service, account) })
	return err
}

// within waits for an answer of the keychain as long as ctx lasts.
func within(ctx context.Context, ask func() (string, error)) (string, error) {
	if !hasKeychain() {
		return "", errNoKeychain
	}
	text, err := abandon(ctx, ask)
	switch {
	case errors.Is(err, keyring.ErrNotFound):
		return "", errNotSaved
	case errors.Is(err, keyring.ErrUnsupportedPlatform):
		return "", errNoKeychain
	}
	return text, err
}

// abandon runs what cannot be cancelled and stops waiting for it when ctx ends. It
// is for questions to a person only, in a process that is about to end then.
func abandon(ctx context.Context, ask func() (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		text, err := ask()
		answers <- answer{text, err}
	}()
	select {
	case a := <-answers:
		return a.text, a.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}
