package agent

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"homeport/cause"
	"homeport/usbmux"
	"homeport/usbmux/lockdown"
)

const (
	// trustPatience is how long a person has to answer the question for trust, over
	// all times that the phone is plugged in meanwhile.
	trustPatience = 5 * time.Minute
	// trustGrace is how long a phone may be away while somebody is asked: a person
	// plugs it in again because a hint says so, and on Linux an answer that comes late
	// lets go of it for a moment.
	trustGrace = time.Minute
	// trustLook is how often it is looked for meanwhile.
	trustLook = time.Second
	// mostRushed is how often a phone may be lost as soon as it is asked.
	mostRushed = 4
)

// Pairer can be asked for trust; *lockdown.Phone is one.
type Pairer interface {
	Pair(ctx context.Context, report func(lockdown.PairState)) error
}

// TrustWord is one sentence to the person at the phone.
type TrustWord struct {
	Text  string
	Until time.Time // when the wait is over
}

// AskTrust asks a phone for trust, up to 5 minutes, and says what the person should
// do: a sentence at each change, and hints when nothing changes, each of them once.
// A phone that was unplugged meanwhile is asked on when back gives it again; nil, and
// the end of its link is the end.
//
// The error has the causes of lockdown.Phone.Pair. When the wait ran out it says so
// in its evidence, which makes it exit as that.
func AskTrust(ctx context.Context, p Pairer, back func(context.Context) (Pairer, error), say func(TrustWord)) error {
	begun := time.Now()
	t := &trustTalk{begun: begun, say: say, told: map[string]bool{}}
	limited, cancel := context.WithDeadlineCause(ctx, begun.Add(trustPatience), errTrustOver)
	defer cancel()
	defer t.hints(limited)()
	for rushed := 0; ; {
		asked := time.Now()
		err := p.Pair(limited, t.state)
		if rushed++; time.Since(asked) > trustLook {
			rushed = 0
		}
		switch {
		case err == nil:
			return nil
		case errors.Is(context.Cause(limited), errTrustOver) && ctx.Err() == nil:
			return waited(t.inVain(err), begun)
		case back == nil || !unplugs(err) || ctx.Err() != nil || rushed == mostRushed:
			return waited(err, begun)
		}
		if p, err = t.comesBack(limited, back, err); err != nil {
			return waited(err, begun)
		}
	}
}

var errTrustOver = errors.New("nobody answered the question for trust")

// unplugs says whether an error may be that of a phone which was unplugged.
func unplugs(err error) bool {
	id, _ := cause.Of(err)
	return slices.Contains([]cause.ID{cause.DeviceDisconnected, cause.MuxConnectFailed, cause.MuxServiceNotRunning, cause.MuxServiceStopped}, id)
}

// FindAgain looks for the phone with a UDID until it is plugged in, and gives its
// link. It ends with ctx.
func FindAgain(ctx context.Context, mux interface {
	Devices(context.Context) ([]usbmux.Link, []error, error)
}, udid string) (usbmux.Link, error) {
	for {
		links, _, err := mux.Devices(ctx)
		i := slices.IndexFunc(links, func(l usbmux.Link) bool { return usbmux.SameUDID(l.UDID, udid) && l.Connection == usbmux.USB })
		if err == nil && i >= 0 {
			return links[i], nil
		}
		if err := sleep(ctx, trustLook); err != nil {
			return usbmux.Link{}, err
		}
	}
}

// trustTalk is what is said while a phone is asked for trust.
type trustTalk struct {
	begun time.Time
	say   func(TrustWord)

	mu    sync.Mutex
	at    lockdown.PairState
	since time.Time
	told  map[string]bool
	asked bool // the question was up
}

// away is the state of a phone that was unplugged.
const away lockdown.PairState = "away"

// state is told each change.
func (t *trustTalk) state(s lockdown.PairState) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s != t.at {
		t.at, t.since = s, time.Now()
	}
	text := PairWords(s)
	if s == away { // what it asks for is said again when it is back
		delete(t.told, PairWords(lockdown.PairDialog))
		delete(t.told, PairWords(lockdown.PairLocked))
	}
	if s == lockdown.PairLocked && t.asked {
		text = "the iPhone locked itself before the answer; unlock it, tap Trust and enter its passcode"
	}
	t.asked = t.asked || s == lockdown.PairDialog
	t.tell(text)
}

// tell says a sentence, unless it was said. The caller holds the lock.
func (t *trustTalk) tell(text string) {
	if t.told[text] {
		return
	}
	t.told[text] = true
	t.say(TrustWord{Text: text, Until: t.begun.Add(trustPatience)})
}

// hints looks each second whether the person needs one. It returns what ends it.
func (t *trustTalk) hints(ctx context.Context) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		for sleep(ctx, time.Second) == nil {
			t.hint(time.Now())
		}
	})
	return func() {
		cancel()
		wg.Wait()
	}
}

// trustHints are what is said when a state lasts.
var trustHints = []struct {
	state lockdown.PairState
	after time.Duration
	text  string
}{
	{lockdown.PairDialog, 30 * time.Second, "if no question appears, unplug the iPhone and plug it in again"},
	{lockdown.PairDialog, time.Minute, "tapping Trust is not enough; the iPhone then asks for its passcode"},
	{lockdown.PairDialog, 2 * time.Minute, "if it still does not ask, restart the iPhone, or use another cable or port"},
	{lockdown.PairLocked, 30 * time.Second, "the question comes only when the iPhone is unlocked: wake it and enter its passcode"},
	{lockdown.PairLocked, 2 * time.Minute, "if it is unlocked already, unplug it and plug it in again"},
	{lockdown.PairAsking, 30 * time.Second, "if no question appears, unplug the iPhone and plug it in again"},
}

func (t *trustTalk) hint(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, h := range trustHints {
		if h.state == t.at && now.Sub(t.since) >= h.after {
			t.tell(h.text)
		}
	}
	if left := trustPatience - now.Sub(t.begun); left <= time.Minute && t.at != lockdown.PairAccepted {
		t.tell("one minute is left; after that, start again")
	}
}

// inVain is the error when nobody answered: that of the last state.
func (t *trustTalk) inVain(err error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch t.at {
	case lockdown.PairLocked:
		return cause.New(cause.DeviceLocked, nil, err)
	case away:
		return cause.New(cause.NotTrusted, cause.Evidence{"away": cause.Seconds(time.Since(t.since).Seconds())}, err)
	}
	return cause.New(cause.NotTrusted, nil, err)
}

// comesBack waits for a phone that was unplugged.
func (t *trustTalk) comesBack(ctx context.Context, back func(context.Context) (Pairer, error), gone error) (Pairer, error) {
	left := time.Now()
	ctx, cancel := context.WithTimeoutCause(ctx, trustGrace, errTrustOver)
	defer cancel()
	// One that is there all the same, and does not answer, is not asked in a rush.
	if err := sleep(ctx, trustLook); err != nil {
		return nil, err
	}
	quick, stop := context.WithTimeout(ctx, trustLook)
	defer stop()
	if p, err := back(quick); err == nil {
		return p, nil
	}
	t.state(away)
	p, err := back(ctx)
	if errors.Is(context.Cause(ctx), errTrustOver) && err != nil {
		return nil, cause.New(cause.NotTrusted, cause.Evidence{"away": cause.Seconds(time.Since(left).Seconds())}, gone)
	}
	return p, err
}

// PairWords says what the person should do in a state of pairing.
func PairWords(s lockdown.PairState) string {
	switch s {
	case lockdown.PairStale:
		return "the iPhone has forgotten this computer; it is asked again"
	case lockdown.PairDamaged:
		return "this computer's key for the iPhone is damaged; the iPhone is asked again"
	case lockdown.PairLocked:
		return "unlock the iPhone, then tap Trust and enter its passcode"
	case lockdown.PairDialog:
		return "tap Trust on the iPhone and enter its passcode"
	case lockdown.PairAccepted:
		return "the iPhone trusts this computer now"
	case away:
		return "the iPhone was unplugged; plug it in again to go on"
	}
	return "asking the iPhone to trust this computer"
}
