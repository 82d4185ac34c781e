package simulator

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// command is one thing that a running simulator can be told.
type command struct {
	name, args, help string
	least            int // arguments that it needs
	run              func(s *Simulator, phones []*Phone, args []string) (string, error)
}

// commands are all of them, in the order of the help text.
func commands() []command {
	return slices.Concat(cableCommands(), personCommands(), contentCommands(), backupCommands(), faultCommands())
}

func cableCommands() []command {
	return []command{
		{name: "attach", help: "plug in", run: plain((*Phone).Attach)},
		{name: "detach", help: "pull the cable", run: plain((*Phone).Detach)},
		{name: "reboot", help: "unplug, restart, plug in again; not unlocked since", run: plain(func(p *Phone) { p.Reboot(); p.Attach() })},
		{name: "status", help: "what the phone is doing", run: each(func(p *Phone, _ []string) (string, error) { return p.describe(), nil })},
	}
}

func backupCommands() []command {
	return []command{
		{name: "password", args: "[PASSWORD]", help: "set the backup password, or remove it", run: each(func(p *Phone, args []string) (string, error) {
			p.SetBackupPassword(strings.Join(args, " "))
			return "", nil
		})},
		{name: "wipe", help: "erase all files and the backup password", run: plain((*Phone).Wipe)},
	}
}

func personCommands() []command {
	return []command{
		{name: "lock", help: "lock the screen", run: plain((*Phone).Lock)},
		{name: "unlock", help: "type the passcode on the lock screen", run: plain((*Phone).Unlock)},
		{name: "trust", help: "tap Trust", run: plain((*Phone).Trust)},
		{name: "refuse", help: "tap Don't Trust", run: plain((*Phone).Refuse)},
		{name: "forget", help: "forget every computer", run: plain((*Phone).Forget)},
		{name: "enter", help: "type the passcode into the sheet that is up", run: sheetCommand((*Phone).EnterPasscode)},
		{name: "cancel", help: "cancel the sheet that is up", run: sheetCommand((*Phone).RefusePasscode)},
		{name: "passcode", args: "enter|none|manual|refuse|timeout [DELAY]", help: "who answers the next sheets", least: 1, run: each(passcodeCommand)},
		{name: "notify", args: "NAME", help: "post a notification", least: 1, run: each(func(p *Phone, args []string) (string, error) {
			p.Notify(args[0])
			return "", nil
		})},
		{name: "hold-lock", args: "[DURATION]", help: "another program holds the sync lock", run: each(func(p *Phone, args []string) (string, error) {
			d, err := optionalDuration(args)
			if err == nil {
				p.HoldSyncLock(d)
			}
			return "", err
		})},
		{name: "release-lock", help: "and lets it go", run: plain((*Phone).ReleaseSyncLock)},
		{name: "set", args: "DOMAIN|. KEY VALUE", help: "set a lockdown value (true, 42, text; null takes it away)", least: 3, run: each(setCommand)},
	}
}

func contentCommands() []command {
	change := func(name, help string, do func(*Phone, int) int) command {
		return command{name: name, args: "N", help: help, least: 1, run: each(func(p *Phone, args []string) (string, error) {
			n, err := strconv.Atoi(args[0])
			if err != nil || n < 0 {
				return "", fmt.Errorf("%s %q: want a number of files", name, args[0])
			}
			return fmt.Sprintf("%d files", do(p, n)), nil
		})}
	}
	return []command{
		change("modify", "give N files new bytes", (*Phone).Modify),
		change("add", "take N photos", (*Phone).Add),
		change("delete", "delete N files", (*Phone).Delete),
		change("take-photos", "take N pictures that AFC shows", func(p *Phone, n int) int { p.TakePhotos(n); return n }),
		change("delete-photos", "delete N of them", (*Phone).DeletePhotos),
		change("retouch-photos", "change N of them", (*Phone).RetouchPhotos),
	}
}

func faultCommands() []command {
	return []command{
		{name: "play", args: "FAULT", help: "plan a fault: " + faultHelp, least: 1, run: playCommand},
		{name: "unfired", help: "name the faults that have not happened", run: func(s *Simulator, _ []*Phone, _ []string) (string, error) {
			return strings.Join(s.Unfired(), "\n"), nil
		}},
	}
}

// Command tells a running simulator one thing: a verb, its arguments, and anywhere @PHONE, a part of a phone's UDID or name. Without
// @PHONE it is done to every phone. The answer is text for a person, possibly empty; "help" lists the verbs.
func (s *Simulator) Command(line string) (string, error) {
	var words, wanted []string
	for _, word := range strings.Fields(line) {
		if name, ok := strings.CutPrefix(word, "@"); ok {
			wanted = append(wanted, name)
		} else {
			words = append(words, word)
		}
	}
	if len(words) == 0 {
		return "", nil
	}
	if words[0] == "help" {
		return help(), nil
	}
	i := slices.IndexFunc(commands(), func(c command) bool { return c.name == words[0] })
	if i < 0 {
		return "", fmt.Errorf("unknown command %q: try help", words[0])
	}
	c, args := commands()[i], words[1:]
	if len(args) < c.least {
		return "", fmt.Errorf("%s: want %s", c.name, c.args)
	}
	phones, err := s.choose(wanted)
	if err != nil {
		return "", err
	}
	return c.run(s, phones, args)
}

// choose finds the phones that a command names; none named means all of them.
func (s *Simulator) choose(wanted []string) ([]*Phone, error) {
	if len(wanted) == 0 {
		return s.Phones(), nil
	}
	var chosen []*Phone
	for _, part := range wanted {
		found := slices.DeleteFunc(s.Phones(), func(p *Phone) bool {
			return !strings.Contains(canonical(p.spec.UDID), canonical(part)) && !strings.Contains(strings.ToLower(p.spec.Name), strings.ToLower(part))
		})
		if len(found) != 1 {
			return nil, fmt.Errorf("phone %q: %d phones have that in their udid or name", part, len(found))
		}
		chosen = append(chosen, found[0])
	}
	return chosen, nil
}

func help() string {
	var b strings.Builder
	for _, c := range commands() {
		fmt.Fprintf(&b, "%-45s %s\n", strings.TrimSpace(c.name+" "+c.args), c.help)
	}
	b.WriteString("@PHONE anywhere (a part of a udid or name) chooses phones; without it a command is for all of them")
	return b.String()
}

// each does something to every chosen phone, up to the first that cannot.
func each(do func(*Phone, []string) (string, error)) func(*Simulator, []*Phone, []string) (string, error) {
	return func(_ *Simulator, phones []*Phone, args []string) (string, error) {
		var answers []string
		for _, p := range phones {
			answer, err := do(p, args)
			if err != nil {
				return strings.Join(answers, "\n"), fmt.Errorf("%s: %w", p.spec.Name, err)
			}
			if answer != "" {
				answers = append(answers, p.spec.Name+": "+answer)
			}
		}
		return strings.Join(answers, "\n"), nil
	}
}

func plain(do func(*Phone)) func(*Simulator, []*Phone, []string) (string, error) {
	return each(func(p *Phone, _ []string) (string, error) {
		do(p)
		return "", nil
	})
}

func sheetCommand(do func(*Phone) bool) func(*Simulator, []*Phone, []string) (string, error) {
	return each(func(p *Phone, _ []string) (string, error) {
		if !do(p) {
			return "", errors.New("no passcode sheet is up")
		}
		return "", nil
	})
}

// playCommand plans a fault on each chosen phone, or on usbmuxd when the fault is usbmuxd's.
func playCommand(s *Simulator, phones []*Phone, args []string) (string, error) {
	fault, err := ParseFault(strings.Join(args, " "))
	if err != nil {
		return "", err
	}
	if ofMux(fault) {
		s.Play(fault)
		return "planned " + fault.String(), nil
	}
	return each(func(p *Phone, _ []string) (string, error) {
		p.Play(fault)
		return "planned " + fault.String(), nil
	})(s, phones, nil)
}

func passcodeCommand(p *Phone, args []string) (string, error) {
	passcode, err := parsePasscode(args)
	if err == nil {
		p.SetPasscode(passcode)
	}
	return "", err
}

func parsePasscode(args []string) (Passcode, error) {
	mode := PasscodeMode(args[0])
	if !oneOf(mode, PasscodeEnter, PasscodeNone, PasscodeManual, PasscodeRefuse, PasscodeTimeout) {
		return Passcode{}, fmt.Errorf("passcode %q: want enter, none, manual, refuse or timeout", args[0])
	}
	delay, err := optionalDuration(args[1:])
	return Passcode{Mode: mode, Delay: delay}, err
}

func optionalDuration(args []string) (time.Duration, error) {
	if len(args) == 0 {
		return 0, nil
	}
	d, err := time.ParseDuration(args[0])
	if err != nil || d < 0 {
		return 0, fmt.Errorf("duration %q: want one like 2s or 500ms", args[0])
	}
	return d, nil
}

func setCommand(p *Phone, args []string) (string, error) {
	domain := args[0]
	if domain == "." {
		domain = domainRoot
	}
	p.SetValue(domain, args[1], parseValue(strings.Join(args[2:], " ")))
	return "", nil
}

// parseValue reads a lockdown value from text.
func parseValue(value string) any {
	if value == "null" {
		return nil
	}
	if n, err := strconv.ParseInt(value, 10, 64); err == nil {
		return n
	}
	if b, err := strconv.ParseBool(value); err == nil {
		return b
	}
	return value
}

// describe is one line about the phone.
func (p *Phone) describe() string {
	state := "unplugged"
	if p.Attached() {
		state = "plugged in"
	}
	for _, each := range []struct {
		on   bool
		text string
	}{{p.Locked(), "locked"}, {p.DialogUp(), "asking for trust"}, {p.SheetUp(), "asking for the passcode"}, {p.SyncLocked(), "syncing"},
		{p.contents.Keybag().Encrypts(), "encrypts its backups"}} {
		if each.on {
			state += ", " + each.text
		}
	}
	counts := p.Counts()
	return fmt.Sprintf("%s, trusts %d computers, %d sessions, %d backups, %d bytes", state, p.TrustedHosts(), counts.Sessions, counts.Backups,
		p.Traffic(ChannelAny).Total())
}
