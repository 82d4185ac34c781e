package agent

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"homeport/agent/command"
	"homeport/backup"
	"homeport/backup/store"
	"homeport/cause"
	"homeport/configs"
	"homeport/preflight"
	"homeport/usbmux"
	"homeport/usbmux/lockdown"
)

// Handset is one phone through one link, as the agent uses it; *lockdown.Phone
// is one. Its errors carry causes.
type Handset interface {
	backup.Phone
	// Facts reads what a phone tells anybody, trusted or not.
	Facts(ctx context.Context) (lockdown.Facts, error)
	// Trust opens a session with the stored pair record; nil means trusted.
	Trust(ctx context.Context) error
	// Pair asks the person for trust and waits for the answer.
	Pair(ctx context.Context, report func(lockdown.PairState)) error
	// TrySyncLock takes the phone's sync lock; release gives it back.
	TrySyncLock(ctx context.Context) (release func() error, err error)
	Close() error
}

// Watcher tells which phones come and go; *usbmux.Watcher is one.
type Watcher interface {
	Events() <-chan usbmux.Event
}

// Mux is usbmuxd, as the checks ask it; *usbmux.Client is one.
type Mux interface {
	preflight.Mux
	Address() usbmux.Address
}

// Tools tells which outside program makes the backups of a phone; "" for the phone
// is any.
type Tools interface {
	// Ready says what is wrong with the engine that the settings ask for, as an
	// error that carries a cause.
	Ready(ctx context.Context, udid string) error
	// Tool names the program that a backup would be made with; "" is none.
	Tool(ctx context.Context, udid string) string
}

// Options are the means of an Agent.
type Options struct {
	// Config answers the configuration in force. A run keeps the one it began with.
	Config func() configs.Config
	// Mux is usbmuxd, for the checks.
	Mux Mux
	// Tools tells of the engine before a run; nil when nothing can be wrong with it.
	Tools Tools
	// Computer is what this computer tells about itself, for the checks.
	Computer preflight.Computer
	// Host is this computer, for others that write to the same destination.
	Host store.Host
	// Destinations remembers which store lies at which path; nil forgets.
	Destinations Destinations
	// Dial makes a handset of a link.
	Dial func(usbmux.Link) Handset
	// Engine makes the backups.
	Engine backup.Engine
	// Passwords changes backup passwords, and Restorer puts versions onto phones;
	// only the verbs for that need them.
	Passwords PasswordChanger
	Restorer  Restorer
	// Tell is handed every event, from one goroutine at a time.
	Tell func(Event)
	// Recorder keeps the history; nil for none. The caller closes it, after the agent's end.
	Recorder *Recorder
	// Asleep is how long the computer has been asleep since it was started, and Devices what
	// is on its own USB bus; nil is what the operating system tells.
	Asleep  func() time.Duration
	Devices func(context.Context) ([]usbmux.HostDevice, error)
	// Past is what is remembered of phones, for Snapshot; nil is nothing.
	Past Past
	// Changed is told when Snapshot answers something new for a reason that no event
	// tells; nil when nobody wants to know.
	Changed func()
	// Waker keeps the computer awake during a run; nil lets it sleep.
	Waker Waker
	// State is the folder of what is remembered between runs of the program; "" for none.
	State string
	// Once ends Run after the first phone that was backed up or could not be.
	Once bool
}

// Agent lives with all the phones of one computer.
type Agent struct {
	opts     Options
	tellMu   sync.Mutex
	slots    *slots
	stores   *stores
	downs    *downs
	calm     calm
	awake    awake
	commands command.Runner         // of the settings, around backups
	wall     func() time.Time       // the clock that people set
	guided   atomic.Pointer[guided] // whom the last Await led to

	mu     sync.Mutex
	phones map[string]*phone // by canonical UDID

	visits sync.WaitGroup // and what else goes on for a phone
	first  chan error     // with Once: how the first phone ended
	runs   runs

	began   time.Time
	running atomic.Bool // Run goes on
	picture *picture
	shelf   *shelf

	muxThere bool            // usbmuxd answers; only Run's goroutine knows
	muxTold  cause.ID        // why it does not, as it was told last; likewise
	life     context.Context // Run's; set before there are visits
}

// New prepares an Agent; Run starts it.
func New(opts Options) *Agent {
	if opts.Asleep == nil {
		opts.Asleep = hostAsleep
	}
	a := &Agent{
		opts:    opts,
		slots:   newSlots(),
		stores:  newStores(opts.Destinations, opts.Host),
		downs:   newDowns(),
		calm:    calm{pause: scrubPause},
		wall:    func() time.Time { return time.Now().Round(0) },
		phones:  map[string]*phone{},
		first:   make(chan error, 1),
		began:   time.Now(),
		picture: newPicture(),
	}
	a.shelf = newShelf(a)
	return a
}

// errOver ends what still goes on when Run has nothing more to do.
var errOver = errors.New("the agent is done")

// Run follows the watcher until ctx ends or the watcher does, and returns when
// every run has ended and is told. With Once it returns how the first phone ended.
func (a *Agent) Run(ctx context.Context, w Watcher) error {
	a.life = ctx
	ctx, cancel := context.WithCancelCause(ctx)
	defer a.visits.Wait()
	defer cancel(errOver)
	a.running.Store(true)
	defer a.running.Store(false)
	a.visits.Go(func() { a.persist(ctx, "look back", a.lookBack) })
	a.calm.disturb() // whoever starts the agent has something else in mind
	if !a.opts.Once {
		a.visits.Go(func() { a.persist(ctx, "read versions again", a.scrubs) })
	}
	var first error
	var quiet <-chan struct{} // closed when no backup is under way, once one phone is done
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case err := <-a.first:
			if quiet == nil {
				first, quiet = err, a.runs.drain()
			}
		case <-quiet:
			return first
		case e, ok := <-w.Events():
			if !ok && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if !ok {
				return errors.New("watch phones: the watcher ended")
			}
			a.guard("follow what is plugged in", func() { a.follow(ctx, e) })
		}
	}
}

// EndAtOnce ends what would outlive this process: the commands of the settings. It is for a
// process that ends without waiting for Run.
func (a *Agent) EndAtOnce() { a.commands.End() }

// follow acts on one event of the watcher.
func (a *Agent) follow(ctx context.Context, e usbmux.Event) {
	switch e.Kind {
	case usbmux.ServiceUp:
		a.muxThere = true
		a.tell(Event{Kind: Service, Message: "usbmuxd is there"})
	case usbmux.ServiceDown:
		a.downs.note(time.Now())
		err := a.downBecause(e.Err)
		again := !a.muxThere && causeOf(err) == a.muxTold
		a.muxThere = false
		if again {
			return
		}
		if isPanic(err) || !a.idle(ctx) {
			a.muxTold = causeOf(err)
			a.tell(Event{Kind: Service, Message: "usbmuxd is gone", Error: NewFailure(err), Cause: causeOf(err), Stack: stackOf(err)})
		}
	case usbmux.Attached:
		a.calm.disturb()
		a.phone(e.Link.UDID).attach(ctx, e.Link)
	case usbmux.Detached:
		a.phone(e.Link.UDID).detach(ctx, e.Link)
	case usbmux.Paired:
		a.phone(e.Link.UDID).sawPaired()
	}
}

// downBecause is the reason why usbmuxd does not answer. One that was not there
// cannot have stopped.
func (a *Agent) downBecause(err error) error {
	if id, _ := cause.Of(err); id == cause.MuxServiceStopped && !a.muxThere {
		return cause.New(cause.MuxNotAnswering, nil, err)
	}
	return err
}

// idle reports whether no usbmuxd is what to expect: on Linux it comes with the
// first phone and goes with the last.
func (a *Agent) idle(ctx context.Context) bool {
	if a.opts.Mux == nil || a.opts.Mux.Address() != usbmux.DefaultAddress() {
		return false
	}
	devices, err := usbmux.HostDevices(ctx)
	return err == nil && len(devices) == 0
}

// Reconsider has every phone decide anew, because the configuration changed.
func (a *Agent) Reconsider() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range a.phones {
		p.nudge()
	}
}

// phone returns what is remembered of a phone; a phone seen for the first time
// begins with nothing.
func (a *Agent) phone(udid string) *phone {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := usbmux.CanonicalUDID(udid)
	p, ok := a.phones[key]
	if !ok {
		p = newPhone(a, udid)
		a.phones[key] = p
	}
	return p
}

// tell hands an event on, one at a time.
func (a *Agent) tell(e Event) {
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	a.tellMu.Lock()
	defer a.tellMu.Unlock()
	e = a.picture.because(e)
	if e.Phone != nil {
		e = deviceOf(e.Phone.ProductType).event(e)
	}
	// Nobody is left to be told of one who hears and panics.
	_ = cause.Guard(func() error { a.picture.hear(e); return nil })
	if e.Kind == Finished || e.Kind == Service {
		a.shelf.spoil() // a version was made, or some were removed
	}
	_ = cause.Guard(func() error { a.opts.Recorder.Tell(e); return nil })
	_ = cause.Guard(func() error { a.opts.Tell(e); return nil })
}

// ended is told the outcome of a phone's try; only the first one counts.
func (a *Agent) ended(err error) {
	if !a.opts.Once {
		return
	}
	select {
	case a.first <- err:
	default:
	}
}
