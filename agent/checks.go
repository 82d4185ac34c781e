package agent

import (
	"context"
	"errors"
	"os"
	"slices"

	"homeport/backup/store"
	"homeport/cause"
	"homeport/configs"
	"homeport/preflight"
	"homeport/usbmux"
	"homeport/usbmux/lockdown"
)

// checkHost runs the checks that need no phone; udid is the one that they are
// about, or ""; seen is what usbmuxd has just answered.
func (a *Agent) checkHost(ctx context.Context, cfg configs.Config, udid string, seen error) preflight.Report {
	ctx, cancel := context.WithTimeout(ctx, checkLimit)
	defer cancel()
	host := a.host(cfg, udid)
	host.Mux = hung(a.opts.Mux, seen)
	checks := append(preflight.HostChecks(host), a.storeCheck(cfg.For(udid).Destination))
	return preflight.Run(ctx, preflight.NameCulprits(checks, a.opts.Computer.Programs))
}

// host is what the host checks need to know.
func (a *Agent) host(cfg configs.Config, udid string) preflight.Host {
	host := preflight.Host{
		Destination:  cfg.For(udid).Destination,
		Usual:        a.usual(cfg, udid),
		Root:         os.Geteuid() == 0,
		Mux:          a.opts.Mux,
		AddressSet:   a.opts.Mux.Address() != usbmux.DefaultAddress(),
		USB:          a.bus(),
		Ports:        a.ports(),
		Remember:     a.remember(cfg),
		UDID:         udid,
		Computer:     a.opts.Computer,
		AppleSupport: a.opts.Computer.AppleSupport,
		Kept:         cfg.Keep.Last,
		LogDir:       cfg.Log.Dir,
		Mirror:       cfg.For(udid).Mirror,
	}
	if tools := a.opts.Tools; tools != nil {
		host.Engine = func(ctx context.Context) error { return tools.Ready(ctx, udid) }
		host.Tool = func(ctx context.Context) string { return tools.Tool(ctx, udid) }
	}
	return host
}

// usual reports whether the destination is the system's usual one, which nobody
// chose, and nothing is remembered of it.
func (a *Agent) usual(cfg configs.Config, udid string) bool {
	path := cfg.For(udid).Destination
	return cfg.Source("destination") == "default" && path == cfg.Destination && a.stores.memory.ID(path) == ""
}

// bus is the computer's own USB bus. A usbmuxd at another address than the
// system's speaks for phones that need not be on it.
func (a *Agent) bus() func(context.Context) ([]usbmux.HostDevice, error) {
	if a.opts.Mux.Address() != usbmux.DefaultAddress() {
		return func(context.Context) ([]usbmux.HostDevice, error) { return nil, nil }
	}
	return usbmux.HostDevices
}

// ports tells of troubles at the ports of that bus.
func (a *Agent) ports() func(context.Context) ([]usbmux.PortTrouble, error) {
	if a.opts.Mux.Address() != usbmux.DefaultAddress() {
		return nil
	}
	return usbmux.PortTroubles
}

// checks are all checks of a run of this phone, in preflight order.
func (v *visit) checks(ctx context.Context, cfg configs.Config) []preflight.Check {
	udid := v.phone.udid
	_, flaps := v.phone.calmIn()
	attached := preflight.Attached{
		Link:         v.link,
		Phone:        basics{v.handset, v.phone},
		USB:          v.onBus(ctx),
		Ports:        v.agent.ports(),
		Attaches:     flaps,
		FailedBefore: v.phone.failedBefore(),
		SyncLock:     v.handset.TrySyncLock,
		Destination:  cfg.For(udid).Destination,
		Reserve:      int64(cfg.Reserve) + v.agent.stores.claims(cfg.For(udid).Destination).before(udid),
		Newest:       v.agent.newestFor(ctx, cfg, udid),
		Mirror:       v.agent.mirrors(ctx, cfg, udid),
	}
	host := v.agent.host(cfg, udid)
	if attached.Newest != nil {
		host.Size = attached.Newest.Bytes
	}
	checks := slices.Concat([]preflight.Check{v.ownRun(cfg)}, preflight.HostChecks(host),
		[]preflight.Check{v.agent.storeCheck(cfg.For(udid).Destination)}, preflight.PhoneChecks(attached))
	return preflight.NameCulprits(checks, v.agent.opts.Computer.Programs)
}

// ownRun asks first whether another Homeport is at this phone already: then
// everything else that looks wrong, the sync lock before all, is that run.
func (v *visit) ownRun(cfg configs.Config) preflight.Check {
	return preflight.Check{Name: "own-run", Group: cause.Phone, Run: func(ctx context.Context) preflight.Finding {
		st, err := v.agent.stores.read(cfg.For(v.phone.udid).Destination)
		if err != nil {
			return preflight.Finding{} // the checks of the destination tell it
		}
		defer st.Close()
		// Our own recovery holds the same locks. A run waits for its end.
		done, recovering := v.agent.stores.at(cfg.For(v.phone.udid).Destination).still()
		if recovering {
			return preflight.Finding{}
		}
		defer done()
		// Any other error the checks of the destination tell.
		if e := cause.From(st.Busy(ctx, v.phone.udid)); e != nil && e.ID == cause.AlreadyRunning {
			return preflight.Finding{Status: preflight.Fail, Cause: e.ID, Evidence: e.Evidence}
		}
		return preflight.Finding{}
	}}
}

// taken asks once more, while another program has the phone: two that were started in
// one moment have both seen nobody, and the one that came second waits for the first.
func (v *visit) taken(ctx context.Context) error {
	if v.settings == nil {
		return nil
	}
	if f := v.ownRun(*v.settings).Run(ctx); f.Status == preflight.Fail {
		return f.Error()
	}
	return nil
}

// newestFor is the newest version of a phone as the checks want it.
func (a *Agent) newestFor(ctx context.Context, cfg configs.Config, udid string) *preflight.Version {
	st, err := a.stores.read(cfg.For(udid).Destination)
	if err != nil {
		return nil
	}
	defer st.Close()
	all, err := st.Versions(ctx, udid)
	if err != nil || len(all) == 0 {
		return nil
	}
	if bad := all[0]; !bad.Sound() && bad.Files > 0 {
		// The run builds on an older one, or on none; what was known to be good and
		// is not any more has to be said all the same.
		v := preflight.Version{Check: func(context.Context) error {
			return cause.New(cause.VersionDamaged, cause.Evidence{"version": string(bad.ID)}, errors.New(bad.Damage))
		}}
		if i := slices.IndexFunc(all, store.Version.Sound); i > 0 {
			v.Bytes, v.NewBytes = all[i].Bytes, all[i].NewBytes
		}
		return &v
	}
	newest := all[0]
	return &preflight.Version{
		Most:  outlook(all, 0, 0).MostBytes,
		Bytes: newest.Bytes, NewBytes: newest.NewBytes, Resumed: st.Resumes(udid),
		Check: func(context.Context) error { return preflight.CheckFolder(newest.Path, newest.UDID) },
	}
}

// onBus finds the phone on the computer's own USB bus, if it can be seen there.
func (v *visit) onBus(ctx context.Context) *usbmux.HostDevice {
	devices, err := v.agent.bus()(ctx)
	if err != nil {
		return nil
	}
	for i := range devices {
		if usbmux.SameUDID(devices[i].UDID, v.phone.udid) {
			v.phone.sawPort(devices[i].BusPath)
			return &devices[i]
		}
	}
	return nil
}

// basics lets a handset answer the checks.
type basics struct {
	Handset
	phone *phone
}

// Values also notes how much the phone holds, for an outlook.
func (b basics) Values(ctx context.Context, domain string) (map[string]any, error) {
	values, err := b.Handset.Values(ctx, domain)
	b.phone.sawValues(domain, values)
	return values, err
}

// Basics gives what the phone tells before trust.
func (b basics) Basics(ctx context.Context) (preflight.Basics, error) {
	facts, err := b.Facts(ctx)
	if err != nil {
		return preflight.Basics{}, err
	}
	b.phone.sawLock(facts.PasswordProtected)
	return basicsOf(facts), nil
}

func basicsOf(f lockdown.Facts) preflight.Basics {
	return preflight.Basics{
		UDID: f.UDID, Name: f.DeviceName, ProductType: f.ProductType, ProductVersion: f.ProductVersion,
		BuildVersion: f.BuildVersion, ActivationState: f.ActivationState, PasswordProtected: f.PasswordProtected,
	}
}
