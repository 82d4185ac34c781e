package simulator

import (
	"context"
	"time"

	"homeport/simulator/backupagent"
)

// sheet is the passcode sheet and the person in front of it.
type sheet struct {
	passcode Passcode
	up       bool
	typed    chan bool // true: entered, false: cancelled
}

// Lock locks the screen with its passcode.
func (p *Phone) Lock() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.locked = true
}

// Unlock types the passcode on the lock screen. Nothing tells the host: it has to ask.
func (p *Phone) Unlock() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.locked, p.unboot = false, false
}

// Locked tells whether the screen is locked.
func (p *Phone) Locked() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.locked
}

// SetPasscode changes who sits in front of the passcode sheet from the next backup on.
func (p *Phone) SetPasscode(passcode Passcode) {
	if passcode.Mode == "" {
		passcode.Mode = PasscodeEnter
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sheet.passcode = passcode
}

// SheetUp tells whether the passcode sheet is showing.
func (p *Phone) SheetUp() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sheet.up
}

// EnterPasscode types the passcode into the sheet, whatever the mode. It is false when no sheet is up.
func (p *Phone) EnterPasscode() bool { return p.touchSheet(true) }

// RefusePasscode cancels the sheet: the backup ends with 208. It is false when no sheet is up.
func (p *Phone) RefusePasscode() bool { return p.touchSheet(false) }

func (p *Phone) touchSheet(enter bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.sheet.up {
		return false
	}
	select {
	case p.sheet.typed <- enter:
	default: // somebody was quicker
	}
	return true
}

// passcode shows the sheet and waits for the person. A typed passcode also unlocks the phone.
func (p *Phone) passcode(ctx context.Context) error {
	p.mu.Lock()
	who := p.sheet.passcode
	if played := p.meter.takePasscode(); played != nil {
		who = *played
	}
	if who.Mode == PasscodeNone {
		p.mu.Unlock()
		return nil
	}
	p.sheet.up, p.sheet.typed = true, make(chan bool, 1)
	p.counts.Sheets++
	typed := p.sheet.typed
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.sheet.up = false
		p.mu.Unlock()
	}()
	entered, err := who.wait(ctx, typed)
	if err != nil {
		return err
	}
	if !entered {
		return backupagent.ErrRefused
	}
	p.Unlock()
	return nil
}

// wait is the person: true when the passcode was entered, false when it was cancelled or nobody came.
func (who Passcode) wait(ctx context.Context, typed <-chan bool) (bool, error) {
	var delay <-chan time.Time
	if who.Mode != PasscodeManual {
		timer := time.NewTimer(who.Delay)
		defer timer.Stop()
		delay = timer.C
	}
	select {
	case entered := <-typed:
		return entered, nil
	case <-delay:
		return who.Mode == PasscodeEnter, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// agentEnv is the phone as its backup agent sees it.
type agentEnv struct{ phone *Phone }

// UDID implements backupagent.Env.
func (e agentEnv) UDID() string { return e.phone.spec.UDID }

// Now implements backupagent.Env.
func (e agentEnv) Now() time.Time {
	e.phone.mu.Lock()
	defer e.phone.mu.Unlock()
	return time.Now().Add(e.phone.skew)
}

// Values implements backupagent.Env.
func (e agentEnv) Values() map[string]any { return e.phone.valuesForManifest() }

// Passcode implements backupagent.Env.
func (e agentEnv) Passcode(ctx context.Context) error { return e.phone.passcode(ctx) }

// Notify implements backupagent.Env. A phone that does not ask for its passcode shows no sheet.
func (e agentEnv) Notify(name string) {
	if name == backupagent.SheetPresented || name == backupagent.SheetDismissed {
		e.phone.mu.Lock()
		silent := e.phone.sheet.passcode.Mode == PasscodeNone
		e.phone.mu.Unlock()
		if silent {
			return
		}
	}
	e.phone.Notify(name)
}

// FreeBytes implements backupagent.Env.
func (e agentEnv) FreeBytes() int64 {
	switch free := e.phone.domain(domainDisk, true)["AmountDataAvailable"].(type) {
	case int64:
		return free
	case uint64:
		return int64(free)
	case int:
		return int64(free)
	default:
		return 0
	}
}

// Stage implements backupagent.Env.
func (e agentEnv) Stage(name string) *int {
	e.phone.logf("backup: %s", name)
	return e.phone.meter.takeStage(name)
}
