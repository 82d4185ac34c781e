package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"homeport/agent"
	"homeport/agent/notices"
	"homeport/configs"
)

func newNotifyTestCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "notify-test",
		Short: "Try the notices: on the desktop, the webhook and the healthcheck",
		Long: `Try the notices as they are set: show one on the desktop, send an event to the
webhook, and tell the healthcheck /log, which changes nothing there. A service shows
notices to whoever is logged in on the desktop of the account that it runs for.

What a webhook gets is one JSON object for each event, by POST: the object that
homeport run --json prints, with "sentence" and "remedy" where something is wrong.
The iPhone's name and model are in it; in place of its UDID there is an id that is the
same each time, and the path of the backup is left out.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runNotifyTest(cmd.Context(), a) },
	}
}

// trial is how one way of telling fared. Its error names no address that may hold a key.
type trial struct {
	Set   bool   `json:"set"`
	OK    bool   `json:"ok"`
	Text  string `json:"text,omitempty"` // why not
	where string
}

// trialLimit is how long one way may take.
const trialLimit = 15 * time.Second

func runNotifyTest(ctx context.Context, a *app) error {
	cfg, err := a.load(settings{})
	if err != nil {
		return err
	}
	trials := map[string]trial{
		"desktop":     a.try(ctx, "look for it on the screen", a.tryDesktop),
		"webhook":     a.tryURL(ctx, cfg.Webhook, tryWebhook),
		"healthcheck": a.tryURL(ctx, cfg.Healthcheck, tryHealthcheck),
	}
	failed := false
	for _, t := range trials {
		failed = failed || t.Set && !t.OK
	}
	if a.json {
		a.printJSON(trials)
	} else {
		for _, name := range []string{"desktop", "webhook", "healthcheck"} {
			a.printf("%-12s %s\n", name, trials[name].words())
		}
	}
	if failed {
		return said{errors.New("not everything was told")}
	}
	return nil
}

func (t trial) words() string {
	switch {
	case !t.Set && t.Text != "":
		return "none: " + clean(t.Text)
	case !t.Set:
		return "not set"
	case !t.OK:
		return "failed: " + clean(t.Text)
	}
	return "told: " + clean(t.where)
}

func (a *app) try(ctx context.Context, where string, f func(context.Context) error) trial {
	ctx, cancel := context.WithTimeout(ctx, trialLimit)
	defer cancel()
	err := f(ctx)
	if errors.Is(err, notices.ErrNoDesktop) { // a server needs none
		return trial{Text: notices.ErrNoDesktop.Error()}
	}
	if err != nil {
		return trial{Set: true, Text: err.Error()}
	}
	return trial{Set: true, OK: true, where: where}
}

func (a *app) tryURL(ctx context.Context, address configs.URL, f func(context.Context, string) error) trial {
	if address == "" {
		return trial{}
	}
	return a.try(ctx, address.Hidden(), func(ctx context.Context) error { return f(ctx, string(address)) })
}

func (a *app) tryDesktop(ctx context.Context) error {
	return a.showOn().Show(ctx, notices.Notice{Title: "Homeport", Text: "This is how Homeport tells you that an iPhone waits for you, or was not backed up."})
}

func tryWebhook(ctx context.Context, address string) error {
	return notices.Post(ctx, address, agent.Event{Kind: agent.Note, Time: time.Now(), Message: "this is a test of the webhook"})
}

func tryHealthcheck(ctx context.Context, address string) error {
	return notices.PingNow(ctx, address, notices.Noted, "this is a test by homeport notify-test")
}
