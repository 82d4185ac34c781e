package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"homeport/agent/command"
	"homeport/backup/store"
	"homeport/cause"
	"homeport/configs"
)

// The commands of the settings around a try: one before its checks, because it may mount the
// drive that they ask for, and one after all is told.

// errNotDue ends a try that turned out not to be due once the command before it had made
// the destination readable.
var errNotDue = errors.New("the newest backup is fresh enough")

// lastCommand is how long the command after a backup may still take when the agent is asked
// to stop.
const lastCommand = 20 * time.Second

// before runs the command before a try. When it fails there is none.
func (v *visit) before(ctx context.Context, cfg configs.Config) error {
	if cfg.Before == "" {
		return nil
	}
	v.ranBefore = true
	v.tell(Event{Kind: Note, Message: "the command before the backup runs"})
	got := v.agent.commands.Run(ctx, cfg.Before, v.environment(cfg, "before", nil), cfg.BeforeLimit.Std())
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if got.Err != nil {
		return commandFailed("before", got)
	}
	v.tell(Event{Kind: Note, Message: "the command before the backup is done, in " + took(got), Output: got.Lines})
	return v.dueNow(ctx, cfg)
}

// dueNow asks the schedule again, now that the destination can be read: a drive that is away
// between backups knows of none. What it knows is remembered until the next time.
func (v *visit) dueNow(ctx context.Context, cfg configs.Config) error {
	if !v.scheduled {
		return nil
	}
	lastGood := v.agent.lastGood(ctx, cfg, v.phone.udid)
	v.phone.sawGood(lastGood)
	p := decide(v.phone.past(lastGood, cfg.For(v.phone.udid).MinInterval.Std()), time.Now())
	if p.why == "" && (p.never || p.at.After(time.Now())) {
		return errNotDue
	}
	return nil
}

// after runs the command after a try, whose error it is told. It may take its time when the
// phone is gone, and not when the agent is to stop.
func (v *visit) after(ctx context.Context, cfg configs.Config, outcome error) {
	if cfg.After == "" || errors.Is(outcome, errNotDue) && !v.ranBefore {
		return
	}
	ctx, cancel := outlive(v.lifeOf(ctx), lastCommand)
	defer cancel()
	got := v.agent.commands.Run(ctx, cfg.After, v.environment(cfg, "after", outcome), cfg.AfterLimit.Std())
	if got.Err != nil {
		e := commandFailed("after", got)
		v.tell(Event{Kind: Note, Cause: e.ID, Message: e.Sentence(), Error: NewFailure(e), Output: got.Lines})
		return
	}
	v.tell(Event{Kind: Note, Message: "the command after the backup is done, in " + took(got), Output: got.Lines})
}

// lifeOf is what ends with the agent, and not with the phone's link.
func (v *visit) lifeOf(ctx context.Context) context.Context {
	if v.life != nil {
		return v.life
	}
	return ctx
}

func took(r command.Result) string {
	return cause.Seconds(max(0.1, r.Took.Seconds())).String()
}

func commandFailed(when string, r command.Result) *cause.Error {
	ev := cause.Evidence{"when": when, "reason": r.Err.Error()}
	if len(r.Lines) > 0 {
		ev["output"] = r.Lines
	}
	return cause.New(cause.CommandFailed, ev, fmt.Errorf("run the command %s the backup: %w", when, r.Err))
}

// secretSettings are variables of ours that may hold what is nobody's business.
var secretSettings = []string{"HOMEPORT_WEBHOOK", "HOMEPORT_HEALTHCHECK", "HOMEPORT_PASSWORD_COMMAND"}

// places are facts that are the person's own: a folder under another spelling is none.
var places = []string{"DEST", "PATH"}

// environment is what a command finds in its environment: ours, without secrets, and the
// facts of the run. A fact that is not known is empty.
func (v *visit) environment(cfg configs.Config, when string, outcome error) []string {
	env := slices.DeleteFunc(os.Environ(), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return slices.Contains(secretSettings, name) || strings.HasPrefix(name, configs.RunPrefix)
	})
	for _, fact := range v.facts(cfg, when, outcome) {
		value := fact[1]
		if !slices.Contains(places, fact[0]) {
			value = command.Value(value)
		}
		env = append(env, configs.RunPrefix+fact[0]+"="+value)
	}
	return env
}

// facts tell a command about the run: names without their prefix, and values.
func (v *visit) facts(cfg configs.Config, when string, outcome error) [][2]string {
	known := v.phone.seen()
	facts := [][2]string{
		{"WHEN", when}, {"PHONE", known.Label()}, {"UDID", v.phone.udid}, {"MODEL", known.Model}, {"IOS", known.IOSVersion},
		{"DEST", cfg.For(v.phone.udid).Destination}, {"OTHERS", strconv.Itoa(v.agent.runs.count())},
	}
	if when == "before" {
		return facts
	}
	word, id, message := outcomeOf(outcome)
	facts = append(facts, [][2]string{{"OUTCOME", word}, {"CAUSE", string(id)}, {"MESSAGE", message}}...)
	r := v.done
	if r == nil {
		r = &Result{}
	}
	number := func(n int64) string {
		if r.Version == store.VersionID("") {
			return ""
		}
		return strconv.FormatInt(n, 10)
	}
	return append(facts, [][2]string{
		{"VERSION", string(r.Version)}, {"PATH", r.Path}, {"ENGINE", r.Engine}, {"FILES", number(r.Files)}, {"BYTES", number(r.Bytes)},
		{"NEW_BYTES", number(r.NewBytes)}, {"SECONDS", number(int64(r.Seconds))},
	}...)
}

// outcomeOf words how a try ended.
func outcomeOf(err error) (word string, id cause.ID, message string) {
	switch {
	case err == nil:
		return "backed-up", "", ""
	case errors.Is(err, errNotDue), errors.Is(err, errOver):
		return "skipped", "", err.Error()
	}
	e := cause.From(err)
	switch e.ID {
	case cause.UserCancelled:
		return "cancelled", e.ID, e.Sentence()
	case cause.HostShutdown:
		return "interrupted", e.ID, e.Sentence()
	}
	return "failed", e.ID, e.Sentence()
}
