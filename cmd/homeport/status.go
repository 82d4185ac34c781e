package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"homeport/agent"
	"homeport/agent/status"
	"homeport/cause"
	"homeport/configs"
	"homeport/usbmux"
)

func newStatusCommand(a *app) *cobra.Command {
	var device string
	cmd := &cobra.Command{
		Use:   "status [--device PHONE]",
		Short: "How every iPhone stands: backed up, being backed up, or why not",
		Long: `How every iPhone stands, also those that are not here now: when it was last backed
up, what goes on, what is wrong and the first step. The Homeport that runs is asked;
when none does, the backups themselves tell, and usbmuxd says who is plugged in.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runStatus(cmd.Context(), a, device) },
	}
	cmd.Flags().StringVar(&device, "device", "", "only this `PHONE`: a UDID, a part of one, or a name")
	_ = cmd.RegisterFlagCompletionFunc("device", a.completeMet)
	return cmd
}

// statusJSON is what status prints as JSON.
type statusJSON struct {
	Running bool `json:"running"` // a daemon was asked
	status.Snapshot
}

func runStatus(ctx context.Context, a *app, device string) error {
	_, s, running := a.askDaemon(ctx)
	var muxErr error
	if !running {
		var err error
		if s, muxErr, err = a.statusByItself(ctx); err != nil {
			return err
		}
	}
	if device != "" {
		list, err := onlyPhone(s.Phones, device)
		if err != nil {
			return err
		}
		s.Phones = list
	}
	if a.json {
		a.printJSON(statusJSON{running, s})
		return nil
	}
	a.printStatus(s, running, muxErr)
	return nil
}

// storeLimit is how long status waits for the drives when nobody else has asked them.
const storeLimit = 20 * time.Second

// statusByItself makes the picture without a daemon. muxErr is why nobody knows who is
// plugged in.
func (a *app) statusByItself(ctx context.Context) (s status.Snapshot, muxErr, err error) {
	cfg, err := a.load(settings{})
	if err != nil {
		return s, nil, err
	}
	mux, err := a.mux()
	if err != nil {
		return s, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	list, muxErr := a.lookAround(ctx, mux)
	var phones []agent.Phone
	for _, p := range list {
		phones = append(phones, p.phone)
	}
	o := a.agentOptions(func() configs.Config { return cfg }, mux, func(agent.Event) {})
	if past := a.history(); past != nil {
		o.Past = past
	}
	s = agent.New(o).SnapshotOf(ctx, phones)
	s.Program, s.Version = "homeport", version
	s.Usbmuxd.There = muxErr == nil
	if muxErr != nil {
		f := a.failureOf(muxErr)
		s.Usbmuxd.Error = &status.Trouble{Cause: f.Cause, Message: f.Message, Remedy: f.Remedy, Evidence: f.Evidence}
	}
	return s, muxErr, nil
}

// onlyPhone finds the one that name means, among those of the past too.
func onlyPhone(list []status.Phone, name string) ([]status.Phone, error) {
	var known []plugged
	for _, p := range list {
		known = append(known, plugged{phone: agent.Phone{UDID: p.UDID, Name: p.Name}})
	}
	found, err := chooseMet(known, name)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(list, func(p status.Phone) bool { return p.UDID == found[0].phone.UDID })
	return list[i : i+1], nil
}

// printStatus is one glance for a person.
func (a *app) printStatus(s status.Snapshot, running bool, muxErr error) {
	p := a.page()
	same, names := twins{}, map[string]string{}
	for _, phone := range s.Phones {
		names[phone.UDID] = phone.Name
	}
	same.add(names)
	for _, phone := range s.Phones {
		printPhone(p, same.label(phone.UDID, phone.Name), phone, s.Now)
	}
	if len(s.Phones) == 0 {
		p.say("no iPhone has been here yet; plug one in")
	}
	for _, d := range s.Destinations {
		printDestination(p, d)
	}
	if muxErr != nil {
		p.say("who is plugged in is not known: " + a.failureOf(muxErr).Message)
		p.say("hint: " + hintOf(muxErr))
	} else if e := s.Usbmuxd.Error; running && e != nil {
		p.say("no iPhone can be seen: " + e.Message)
		p.say("hint: " + hintOfTrouble(e))
	}
	if _, hangs := runningDaemon(a.stateFolder()); !running && !hangs { // of that one a warning tells
		p.say("Homeport is not running: nothing is backed up by itself")
		p.say("hint: to have it run by itself: homeport service install; in this terminal: homeport run")
	}
}

// printPhone prints a phone: who, how it stands, what is wrong and the first step.
func printPhone(p *page, who string, s status.Phone, now time.Time) {
	about := describe(agent.Phone{Model: s.Model, IOSVersion: s.IOSVersion, Speed: s.Speed})
	if !s.Plugged {
		about = strings.TrimPrefix(about+", not plugged in", ", ")
		if s.Connection == string(usbmux.Network) {
			about = strings.Replace(about, "not plugged in", "here over Wi-Fi only", 1)
		}
	}
	p.say(who + "   " + about)
	p.say("  " + s.Message)
	if t := s.Trouble; t != nil && s.State == status.Failed {
		p.say("  hint: " + hintOfTrouble(t))
	}
	if s.Note != "" {
		p.say("  " + s.Note)
	}
	switch {
	case s.LastGood != nil && s.State != status.OK && s.State != status.Away && s.State != status.Overdue:
		p.say("  last backed up " + agent.AgoInWords(now.Sub(*s.LastGood)))
	case s.LastGood == nil && s.State == status.Failed && len(s.Versions) == 0:
		p.say("  there is no backup of it in this folder yet")
	}
	for _, v := range s.Versions {
		if v.Damaged != "" {
			p.say(fmt.Sprintf("  version %s is damaged; homeport versions list tells more", v.ID))
			break
		}
	}
	p.blank()
}

// hintOfTrouble is the first step, with the command that tells more.
func hintOfTrouble(t *status.Trouble) string {
	step := ""
	if len(t.Remedy) > 0 {
		step = lowerFirst(strings.TrimSuffix(t.Remedy[0], ".")) + "; "
	}
	return step + "homeport explain " + string(t.Cause)
}

func printDestination(p *page, d status.Destination) {
	text := "backups: " + d.Path
	switch {
	case d.Asked:
		text += "   its drive has not answered yet"
	case d.Error != nil && strings.Contains(d.Error.Message, d.Path):
		text = "backups: " + d.Error.Message
	case d.Error != nil:
		text += "   " + d.Error.Message
	case d.Total > 0:
		text += fmt.Sprintf("   %s free of %s", cause.Bytes(d.Free), cause.Bytes(d.Total))
	}
	p.say(text)
	if d.Error != nil {
		p.say("hint: " + hintOfTrouble(d.Error))
	}
}
