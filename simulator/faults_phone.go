package simulator

import "fmt"

// LockdownError is the Fault that answers lockdown requests with an error by its name on the wire
// ("ServiceLimit", "ServiceProhibited", "GetProhibited" ...), Times times (0 means once).
type LockdownError struct {
	Request string // "GetValue", "StartService", "Pair" ...
	Name    string // the key or service asked for, or the domain when all of it is; "" means any
	Code    string
	Times   int
}

func (f LockdownError) fault() {}

// String names the fault.
func (f LockdownError) String() string {
	return fmt.Sprintf("lockdown %s %q %s %d", f.Request, f.Name, f.Code, max(f.Times, 1))
}

// BackupResponse is the Fault that ends a backup or restore with an ErrorCode when it reaches a stage (backupagent.StageMoving and its
// like), at its Nth coming (0 means the first).
type BackupResponse struct {
	Stage string
	Code  int
	Nth   int
}

func (f BackupResponse) fault() {}

// String names the fault.
func (f BackupResponse) String() string {
	return fmt.Sprintf("response %d %s %d", f.Code, f.Stage, max(f.Nth, 1))
}

// PasscodeOnce is the Fault that replaces the person in front of the next passcode sheet.
type PasscodeOnce struct{ Passcode Passcode }

func (f PasscodeOnce) fault() {}

// String names the fault.
func (f PasscodeOnce) String() string {
	return fmt.Sprintf("passcode %s %v", f.Passcode.Mode, f.Passcode.Delay)
}

// SyncLockHeld is the Fault that answers the next Times tries (0 means one) to take an AFC lock with status 19, would block.
type SyncLockHeld struct{ Times int }

func (f SyncLockHeld) fault() {}

// String names the fault.
func (f SyncLockHeld) String() string { return fmt.Sprintf("sync-lock %d", max(f.Times, 1)) }

// take uses up one coming of the first live fault that match accepts, and retires it after limit of them. It returns nil when there is
// none.
func (m *meter) take(match func(Fault) (limit int, ok bool)) *Played {
	last := false
	p := m.find(func(p *Played) bool {
		limit, ok := match(p.fault)
		if ok {
			p.used++
			last = p.used >= limit
		}
		return ok
	})
	if last {
		p.fired()
		m.drop(p)
	}
	return p
}

// takeLockdown returns the error that a fault wants a request answered with, or "".
func (m *meter) takeLockdown(request string, fields map[string]any) string {
	p := m.take(func(f Fault) (int, bool) {
		e, ok := f.(LockdownError)
		return max(e.Times, 1), ok && e.Request == request && (e.Name == "" || e.Name == detailName(fields))
	})
	if p == nil {
		return ""
	}
	return p.fault.(LockdownError).Code
}

func detailName(fields map[string]any) string {
	if key := text(fields, "Key"); key != "" {
		return key
	}
	if service := text(fields, "Service"); service != "" {
		return service
	}
	return text(fields, "Domain")
}

// takeStage returns the code that a fault wants the backup to end with at a stage, or nil.
func (m *meter) takeStage(stage string) *int {
	p := m.take(func(f Fault) (int, bool) {
		r, ok := f.(BackupResponse)
		return max(r.Nth, 1), ok && r.Stage == stage
	})
	if p == nil || !p.Fired() {
		return nil
	}
	code := p.fault.(BackupResponse).Code
	return &code
}

// takeLock tells whether a fault wants a lock refused.
func (m *meter) takeLock() bool {
	return m.take(func(f Fault) (int, bool) {
		held, ok := f.(SyncLockHeld)
		return max(held.Times, 1), ok
	}) != nil
}

// takePasscode returns the person that a fault puts in front of the sheet, or nil.
func (m *meter) takePasscode() *Passcode {
	p := m.take(func(f Fault) (int, bool) {
		_, ok := f.(PasscodeOnce)
		return 1, ok
	})
	if p == nil {
		return nil
	}
	who := p.fault.(PasscodeOnce).Passcode
	return &who
}
