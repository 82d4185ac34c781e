package agent

import (
	"cmp"
	"context"
	"time"

	"homeport/backup/mobilesync"
	"homeport/configs"
	"homeport/preflight"
	"homeport/usbmux"
)

// remember tells what is known of a phone that is silent now: what it told since
// this program was started, and what its newest version says of it. A backup is
// taken as proof that the phone was unlocked then.
func (a *Agent) remember(cfg configs.Config) func(context.Context, string) (preflight.Memory, bool) {
	return func(ctx context.Context, udid string) (preflight.Memory, bool) {
		var m preflight.Memory
		if v, at := a.lastVersion(ctx, cfg.For(udid).Destination, udid); !at.IsZero() {
			m.IOSVersion, m.Unlocked = v, since(at)
		}
		a.mu.Lock()
		p := a.phones[usbmux.CanonicalUDID(udid)]
		a.mu.Unlock()
		if p != nil {
			p.mu.Lock()
			m.IOSVersion = cmp.Or(p.known.IOSVersion, m.IOSVersion)
			if d := since(p.unlocked); !p.unlocked.IsZero() && (m.Unlocked == 0 || d < m.Unlocked) {
				m.Unlocked = d
			}
			p.mu.Unlock()
		}
		return m, m.IOSVersion != ""
	}
}

// lastVersion is the iOS of a phone's newest version, and when that was finished;
// the zero time when there is none that can be read.
func (a *Agent) lastVersion(ctx context.Context, dest, udid string) (ios string, finished time.Time) {
	st, err := a.stores.read(dest)
	if err != nil {
		return "", time.Time{}
	}
	defer st.Close()
	v, ok, err := st.Newest(ctx, udid)
	if err != nil || !ok {
		return "", time.Time{}
	}
	folder, err := mobilesync.Open(v.Path, v.UDID)
	if err != nil {
		return "", time.Time{}
	}
	defer folder.Close()
	info, err := folder.Info()
	if err != nil {
		return "", time.Time{}
	}
	return info.ProductVersion, v.Finished
}

// since is how long ago something was, at least a moment: a clock may have been
// set back.
func since(at time.Time) time.Duration { return max(time.Since(at), time.Second) }
