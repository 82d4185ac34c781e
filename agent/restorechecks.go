package agent

import (
	"context"
	"errors"
	"math"
	"slices"

	"homeport/cause"
	"homeport/configs"
	"homeport/preflight"
	"homeport/usbmux/lockdown"
)

// What lockdown tells about things that stop a restore.
const (
	findMyDomain = "com.apple.fmip"
	setupDomain  = "com.apple.purplebuddy"
	diskDomain   = "com.apple.disk_usage"
)

// restoreWants are the checks of a backup that a restore needs too.
var restoreWants = []string{
	"usb-service", "contact", "answers", "link-speed", "hub", "unlocked", "activated", "trusted", "battery", "sync-lock", "passcode",
}

// restoreChecks are the checks of the phone before a restore, in preflight order.
func (v *visit) restoreChecks(ctx context.Context, cfg configs.Config, plan RestorePlan) []preflight.Check {
	attached := preflight.Attached{Link: v.link, Phone: basics{v.handset, v.phone}, USB: v.onBus(ctx), SyncLock: v.handset.TrySyncLock}
	all := slices.Concat(preflight.HostChecks(v.agent.host(cfg, v.phone.udid)), preflight.PhoneChecks(attached))
	checks := slices.DeleteFunc(all, func(c preflight.Check) bool { return !slices.Contains(restoreWants, c.Name) })
	r := restoreCheck{v.handset, plan}
	trusted := []string{"usb-service", "answers", "trusted"}
	return append(checks,
		preflight.Check{Name: "backup-not-newer", Group: cause.Earlier, After: []string{"usb-service", "answers"}, Run: r.notNewer},
		preflight.Check{Name: "find-my", Group: cause.Phone, After: trusted, Run: r.findMy},
		preflight.Check{Name: "set-up", Group: cause.Phone, After: trusted, Run: r.setUp},
		preflight.Check{Name: "phone-room", Group: cause.Phone, After: trusted, Run: r.room},
	)
}

// restoreCheck answers the checks that only a restore has.
type restoreCheck struct {
	phone Handset
	plan  RestorePlan
}

// notNewer compares the two iOS versions. Where one of them is not known, the phone
// decides.
func (r restoreCheck) notNewer(ctx context.Context) preflight.Finding {
	facts, err := r.phone.Facts(ctx)
	if err != nil {
		return failedCheck(err)
	}
	ev := cause.Evidence{"backupVersion": r.plan.BackupIOS, "iosVersion": facts.ProductVersion}
	if newerIOS(r.plan.BackupIOS, facts.ProductVersion) {
		return preflight.Finding{Status: preflight.Fail, Cause: cause.BackupNewerThanPhone, Evidence: ev}
	}
	return preflight.Finding{Status: preflight.Pass, Evidence: ev}
}

// values reads a domain. One that the phone does not tell is empty: then it decides
// by itself, when it gets the request.
func (r restoreCheck) values(ctx context.Context, domain string) (map[string]any, error) {
	values, err := r.phone.Values(ctx, domain)
	if _, refused := errors.AsType[*lockdown.Error](err); refused {
		return nil, nil
	}
	return values, err
}

func (r restoreCheck) findMy(ctx context.Context) preflight.Finding {
	values, err := r.values(ctx, findMyDomain)
	if err != nil {
		return failedCheck(err)
	}
	if isSet(values["IsAssociated"]) {
		return preflight.Finding{Status: preflight.Fail, Cause: cause.FindMyOn}
	}
	return preflight.Finding{}
}

// setUp asks whether the phone's Setup Assistant is done; a phone that does not
// tell decides by itself.
func (r restoreCheck) setUp(ctx context.Context) preflight.Finding {
	values, err := r.values(ctx, setupDomain)
	if err != nil {
		return failedCheck(err)
	}
	if done, told := values["SetupDone"]; told && !isSet(done) {
		return preflight.Finding{Status: preflight.Fail, Cause: cause.SetupNotFinished}
	}
	return preflight.Finding{}
}

// room compares what the backup holds with what the phone has free. What a restore
// replaces becomes free: on the phone that was backed up that is its own data, and
// with RemoveOthers all data.
func (r restoreCheck) room(ctx context.Context) preflight.Finding {
	values, err := r.values(ctx, diskDomain)
	if err != nil {
		return failedCheck(err)
	}
	free, known := amount(values["AmountDataAvailable"])
	if !known {
		return preflight.Finding{}
	}
	have, need := free, r.plan.Version.Bytes
	total, told := amount(values["TotalDataCapacity"])
	if told && total > free && (r.plan.SamePhone || r.plan.Options.RemoveOthers) {
		have = total
	}
	ev := cause.Evidence{"need": cause.Bytes(need), "free": cause.Bytes(have)}
	switch {
	case need > have:
		return preflight.Finding{Status: preflight.Fail, Cause: cause.RestoreNoRoom, Evidence: ev}
	case need > free:
		ev["free"] = cause.Bytes(free)
		return preflight.Finding{Status: preflight.Warn, Cause: cause.RestoreNoRoom, Evidence: ev}
	}
	return preflight.Finding{Status: preflight.Pass, Evidence: ev}
}

// failedCheck is the finding for an error of the phone's.
func failedCheck(err error) preflight.Finding {
	e := cause.From(err)
	return preflight.Finding{Status: preflight.Fail, Cause: e.ID, Evidence: e.Evidence, Err: err}
}

// amount reads a number of bytes.
func amount(v any) (int64, bool) {
	switch n := v.(type) {
	case uint64:
		return int64(min(n, math.MaxInt64)), true
	case int64:
		return n, n >= 0
	}
	return 0, false
}
