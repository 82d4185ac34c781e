package main

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"homeport/agent"
	"homeport/agent/status"
	"homeport/backup/store"
	"homeport/cause"
	"homeport/configs"
	"homeport/usbmux/lockdown"
)

func newDevicesCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "devices",
		Short: "Who is plugged in, and how their backups stand",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return runDevices(cmd.Context(), a) },
	}
}

// device is one line of devices.
type device struct {
	agent.Phone
	State    string     `json:"state"` // trusted, or the cause that stands in the way
	LastGood *time.Time `json:"lastGood,omitempty"`
	NextDue  *time.Time `json:"nextDue,omitempty"`
	// Run is the backup of it that a daemon makes now.
	Run *status.Run `json:"run,omitempty"`
}

func runDevices(ctx context.Context, a *app) error {
	cfg, err := a.load(settings{})
	if err != nil {
		return err
	}
	mux, err := a.mux()
	if err != nil {
		return err
	}
	list, err := a.lookAround(ctx, mux)
	if err != nil {
		return err
	}
	_, daemon, _ := a.askDaemon(ctx)
	devices := []device{}
	for _, p := range list {
		if d, busy := busyDevice(daemon, p); busy {
			devices = append(devices, d)
			continue
		}
		devices = append(devices, examine(ctx, cfg, a.handset(mux, p.link), p))
	}
	if a.json {
		a.printJSON(map[string]any{"phones": devices})
		return nil
	}
	if len(devices) == 0 {
		a.printf("no iPhone is plugged in\n")
	}
	for _, d := range devices {
		a.printf("%s   %s\n", clean(d.Label()), describe(d.Phone))
		a.printf("  %-8s %s\n  %-8s %s\n  %-8s %s\n", "udid", d.UDID, "state", d.State, "backup", standing(d))
	}
	return nil
}

// busyDevice is a phone that a daemon backs up now: it is not spoken to beside that.
func busyDevice(s status.Snapshot, p plugged) (device, bool) {
	known, err := phoneIn(s, p.phone.UDID)
	if err != nil || known.Run == nil {
		return device{}, false
	}
	d := device{Phone: p.phone, State: "trusted", LastGood: known.LastGood, NextDue: known.NextDue, Run: known.Run}
	if row, ok := cause.Lookup(known.Run.WaitingFor); ok && row.Layer == cause.Trust && known.Run.WaitingFor != cause.PasscodePromptUnanswered {
		d.State = string(known.Run.WaitingFor)
	}
	return d, true
}

// examine asks whether a phone is trusted, and the store how its backups stand.
func examine(ctx context.Context, cfg configs.Config, handset *lockdown.Phone, p plugged) device {
	d := device{Phone: p.phone, State: "trusted"}
	ctx, cancel := context.WithTimeout(ctx, introduceLimit)
	defer cancel()
	defer handset.Close()
	if id := standsInTheWay(p.err, handset.Trust(ctx)); id != "" {
		d.State = string(id)
	}
	mine := cfg.For(p.phone.UDID)
	st, err := store.Open(mine.Destination, store.Options{ReadOnly: true})
	if err != nil {
		return d
	}
	defer st.Close()
	if v, ok, err := st.Newest(ctx, p.phone.UDID); err == nil && ok {
		next := v.Finished.Add(mine.MinInterval.Std())
		d.LastGood, d.NextDue = &v.Finished, &next
	}
	return d
}

// standsInTheWay is the cause that keeps a phone from being used, or "". A phone
// that does not even say who it is has that trouble first, trusted or not.
func standsInTheWay(silent, trust error) cause.ID {
	err := cmp.Or(silent, trust)
	if err == nil {
		return ""
	}
	if id, known := cause.Of(err); known || !errors.Is(err, context.DeadlineExceeded) {
		return id
	}
	return cause.TransferStalled
}

func standing(d device) string {
	if d.Run != nil && d.Run.WaitingFor != "" {
		return "waiting for you; homeport status tells what for"
	}
	if d.Run != nil {
		return "one is being made; homeport status shows how far it is"
	}
	if d.LastGood == nil {
		return "none yet"
	}
	return "last good one " + d.LastGood.Local().Format("2006-01-02 15:04")
}
