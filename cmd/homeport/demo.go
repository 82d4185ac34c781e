package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"homeport/agent"
	"homeport/backup/store"
	"homeport/cause"
	"homeport/configs"
	"homeport/simulator"
	"homeport/usbmux"
)

func newDemoCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "The whole story on a simulated phone, no iPhone needed",
		Long: `The whole story on simulated phones, in a temporary folder: plug in, trust,
checks, first backup; a second one that sends only what changed; a disk that is
too small; a cable pulled in the middle, and going on where it stopped.

It exits 0 only if each of these really happened.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDemo(cmd.Context(), a) },
	}
}

const (
	annaUDID = "00008120-000A1B2C3D4E5F60"
	benUDID  = "00008130-000B2C3D4E5F6071"
	// demoSpeed slows the simulated cable down to what a USB 2 cable does, so that
	// there is something to see.
	demoSpeed = 40_000_000
	// stepLimit is how long one step of the story may take before it has failed.
	stepLimit = 45 * time.Second
)

// demo is the stage: two simulated phones, an agent, and what it told.
type demo struct {
	app   *app
	out   *live
	sim   *simulator.Simulator
	anna  *simulator.Phone
	ben   *simulator.Phone
	store *store.Store
	cfg   configs.Config
	show  *teller
	heard chan agent.Event
}

func runDemo(ctx context.Context, a *app) error {
	if a.json {
		return usageError{errors.New("demo tells a story; it has no JSON")}
	}
	dir, err := os.MkdirTemp("", "homeport-demo-")
	if err != nil {
		return err
	}
	out := newLive(a.stdout)
	d := &demo{app: a, out: out, show: newTeller(out), heard: make(chan agent.Event, 4096)}
	if err := d.raise(dir); err != nil {
		return err
	}
	defer d.strike()
	for _, act := range []func(context.Context) error{d.first, d.second, d.tooSmall, d.pulled, d.curtain} {
		if err := d.play(ctx, act); err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return fmt.Errorf("demo: %w", err)
		}
	}
	return nil
}

// raise puts up the stage in dir: phones and destination.
func (d *demo) raise(dir string) error {
	dest := filepath.Join(dir, "backups")
	st, err := store.Create(dest, store.Options{})
	if err != nil {
		return err
	}
	d.store = st
	d.cfg, err = configs.Load(configs.Options{File: os.DevNull, Flags: map[string]string{
		"destination": dest, "engine": "native", "min_interval": "0", "reserve": "64MiB", "log.dir": filepath.Join(dir, "logs"),
	}})
	if err != nil {
		return err
	}
	if d.sim, err = simulator.Start(demoPhones(st)); err != nil {
		return err
	}
	d.anna, d.ben = d.sim.Phone(annaUDID), d.sim.Phone(benUDID)
	d.anna.Play(simulator.SlowLink{Channel: simulator.ChannelBackup, BytesPerSecond: demoSpeed})
	return nil
}

// strike takes the stage down; the backups stay.
func (d *demo) strike() {
	_ = d.sim.Close()
	_ = d.store.Close()
}

// play runs one act with an agent of its own, as on another day.
func (d *demo) play(ctx context.Context, act func(context.Context) error) error {
	address, err := usbmux.ParseAddress(d.sim.Addr())
	if err != nil {
		return err
	}
	own, cancel := context.WithCancelCause(ctx)
	mux := usbmux.NewClient(address)
	watcher := usbmux.NewWatcher(mux, usbmux.WatcherOptions{})
	if err := watcher.Open(own); err != nil {
		cancel(nil)
		return err
	}
	log := agent.LogEvents(d.app.openLog(d.cfg))
	var day sync.WaitGroup
	day.Go(func() {
		_ = d.app.newAgent(d.cfg, mux, false, func(e agent.Event) {
			if e.Kind != agent.Service {
				d.show.tell(e)
			}
			log(e)
			d.heard <- e
		}).Run(own, watcher)
	})
	err = act(ctx)
	cancel(cause.New(cause.UserCancelled, nil, errors.New("the act is over")))
	day.Wait()
	_ = watcher.Close()
	return err
}

// demoPhones are Anna's phone, which fits, and Ben's, which holds eight times
// more than the disk of this computer has free.
func demoPhones(st *store.Store) simulator.Config {
	free, err := st.Free(context.Background())
	if err != nil {
		free = 1 << 40
	}
	ben := 8*free + 512_000_000_000
	return simulator.Config{Phones: []simulator.PhoneSpec{
		{
			UDID: annaUDID, Name: "Anna's iPhone", ProductType: "iPhone15,2", ProductVersion: "18.5", Seed: 7, Unplugged: true,
			Files: 2500, Bytes: 220 << 20, Profile: "phone",
			Trust:    simulator.Trust{Mode: simulator.TrustAuto, Polls: 1, Delay: 2 * time.Second},
			Passcode: simulator.Passcode{Mode: simulator.PasscodeEnter, Delay: 1500 * time.Millisecond},
			Disk:     simulator.Disk{Total: 128_000_000_000, Available: 127_700_000_000},
		},
		{
			UDID: benUDID, Name: "Ben's iPhone", ProductType: "iPhone16,2", ProductVersion: "18.4", Seed: 8, Unplugged: true,
			Trust: simulator.Trust{Mode: simulator.TrustPaired},
			Disk:  simulator.Disk{Total: ben + ben/8, Available: ben / 8},
		},
	}}
}

// title opens an act.
func (d *demo) title(text string) {
	d.out.print("", "── "+text, "")
}

// aside is what the story says between events.
func (d *demo) aside(format string, args ...any) {
	d.out.print(indent + "→ " + fmt.Sprintf(format, args...))
}

// await waits for an event of a phone, and fails on a Failed that is not awaited.
func (d *demo) await(ctx context.Context, udid string, kind agent.Kind) (agent.Event, error) {
	limit := time.NewTimer(stepLimit)
	defer limit.Stop()
	for {
		select {
		case e := <-d.heard:
			if e.Phone == nil || e.Phone.UDID != udid {
				continue
			}
			if e.Kind == kind {
				return e, nil
			}
			if e.Kind == agent.Failed {
				return e, fmt.Errorf("waiting for %q: %s (%s): %s", kind, e.Error.Message, e.Error.Cause, e.Error.Detail)
			}
		case <-limit.C:
			return agent.Event{}, fmt.Errorf("waiting for %q: nothing in %v", kind, stepLimit)
		case <-ctx.Done():
			return agent.Event{}, context.Cause(ctx)
		}
	}
}
