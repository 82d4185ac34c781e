// Package lockdown is one phone through one link: what it tells about itself, its
// trust in this computer, and its services.
//
// # The wire
//
// lockdownd listens on port 62078 of the phone. A message is a 32-bit big-endian
// length and a property list; requests and replies alternate. A request is a
// dictionary with Label, Request and what belongs to it; the reply repeats
// Request and has Error, a name, when it failed:
//
//	QueryType                      Type, "com.apple.mobile.lockdown" in normal mode
//	GetValue Domain? Key?          Value; without a key the whole domain
//	Pair PairRecord                EscrowBag, once the person has tapped Trust
//	Unpair PairRecord
//	StartSession HostID SystemBUID SessionID, EnableSessionSSL; then TLS begins
//	StartService Service EscrowBag Port, EnableServiceSSL
//
// QueryType, Pair, Unpair and GetValue of some public values need no session.
// The phone is the TLS server, in the session and in services. Its certificate is
// the one that this computer issued when it was paired; it is compared byte for
// byte and not verified, because such certificates have no names and may be
// expired by the phone's clock. The computer shows the host certificate of the
// same pairing.
//
// # Sessions
//
// Sessions are short: opened late, shared by requests that follow one another
// closely, closed 2 s after the last. A link that broke meanwhile is not told of;
// the next request opens a new session. A session begins on the connection over
// which the phone was asked who it is, when that is still there: asking, trust and
// values are one conversation.
package lockdown

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"homeport/cause"
	"homeport/usbmux"
)

const lockdownPort = 62078

// pace is how long things take at most, and how often they are done.
type pace struct {
	answer   time.Duration // a TLS handshake, the answer to one request
	linger   time.Duration // how long a session outlives its last request
	patience time.Duration // how long the person has to unlock the phone and tap Trust
	poll     time.Duration // how often the phone is asked meanwhile
	news     time.Duration // how long a phone may be listed that was unplugged
}

func usualPace() pace {
	return pace{answer: 15 * time.Second, linger: 2 * time.Second, patience: 5 * time.Minute, poll: time.Second, news: 300 * time.Millisecond}
}

// label is how we call ourselves to lockdownd.
const label = "homeport"

// Phone is one phone through one link. It is safe for concurrent use; requests in
// a session wait for one another.
//
// Every method ends at once when its context does, with the context's cause in
// the error, or when Close is called. Its errors carry causes: those of
// usbmux.Client, device-disconnected when the phone is not there any more,
// mux-connect-failed when it is and the connection broke, transfer-stalled when
// the phone did not answer for 15 s, protocol-error for an answer that makes no
// sense, device-identity-mismatch when the phone is not the one that the link or
// the pair record names, and the causes of what lockdownd refused, with a *Error
// in the chain.
type Phone struct {
	client   *usbmux.Client
	link     usbmux.Link
	pace     pace
	life     context.Context // ends with Close
	end      context.CancelCauseFunc
	sessions atomic.Int64

	turn    chan struct{} // holds a token while nobody uses what follows
	session *session      // nil, or open and idle
	greeted *channel      // nil, or open, idle and without a session
	idle    *time.Timer
	offer   *offer // of a pairing that was not decided

	facts    Facts // the last that were told, or why none were
	factsErr error
	factsAt  time.Time

	closeOnce sync.Once
}

// errClosed is what the operations of a closed Phone end with.
var errClosed = errors.New("phone was closed")

// New returns the phone behind a link. It connects to nothing yet.
func New(client *usbmux.Client, link usbmux.Link) *Phone {
	life, end := context.WithCancelCause(context.Background())
	p := &Phone{client: client, link: link, pace: usualPace(), life: life, end: end, turn: make(chan struct{}, 1)}
	p.turn <- struct{}{}
	return p
}

// Link returns the link that the phone is spoken to through.
func (p *Phone) Link() usbmux.Link { return p.link }

// Sessions returns how many sessions were opened so far.
func (p *Phone) Sessions() int { return int(p.sessions.Load()) }

// Close ends what is under way and closes the idle session. Service connections
// stay with their owners.
func (p *Phone) Close() error {
	p.closeOnce.Do(func() {
		p.end(errClosed)
		<-p.turn // never given back: whoever comes now finds the phone closed
		p.drop()
	})
	return nil
}

// bound returns a context that ends with ctx and with the phone.
func (p *Phone) bound(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(p.life, func() { cancel(errClosed) })
	return ctx, func() {
		stop()
		cancel(nil)
	}
}

// take waits for the turn to use the session; give returns it.
func (p *Phone) take(ctx context.Context) error {
	select {
	case <-p.turn:
		p.taken()
		return nil
	case <-ctx.Done():
		return ended(ctx, "wait for the phone")
	}
}

// tryTake takes the turn when nobody has it.
func (p *Phone) tryTake() bool {
	select {
	case <-p.turn:
		p.taken()
		return true
	default:
		return false
	}
}

func (p *Phone) taken() {
	if p.idle != nil {
		p.idle.Stop()
	}
}

// give returns the turn; what is open stays for who comes next.
func (p *Phone) give() {
	if p.session != nil || p.greeted != nil {
		p.idle = time.AfterFunc(p.pace.linger, p.expire)
	}
	p.turn <- struct{}{}
}

// expire closes what is open when nobody uses it.
func (p *Phone) expire() {
	select {
	case <-p.turn:
		p.drop()
		p.turn <- struct{}{}
	default: // in use: give starts the clock again
	}
}

// drop closes the session and the connection without one. The caller has the turn.
func (p *Phone) drop() {
	p.taken()
	if p.session != nil {
		p.session.close()
		p.session = nil
	}
	if p.greeted != nil {
		p.greeted.close()
		p.greeted = nil
	}
}

// inSession runs f with an open session. When a session that was left over turns
// out to be dead, f runs once more with a new one.
func (p *Phone) inSession(ctx context.Context, f func(context.Context, *session) error) (err error) {
	ctx, done := p.bound(ctx)
	defer done()
	defer func() { err = p.reason(ctx, err) }()
	if err := p.take(ctx); err != nil {
		return err
	}
	defer p.give()
	if p.session != nil {
		if err := p.use(ctx, f); p.session != nil || !wasDead(ctx, err) {
			return err
		}
	}
	s, err := p.open(ctx)
	if err != nil {
		return err
	}
	p.session = s
	return p.use(ctx, f)
}

// use runs f and drops a session whose connection failed. The caller has the turn.
func (p *Phone) use(ctx context.Context, f func(context.Context, *session) error) error {
	err := f(ctx, p.session)
	if p.session.broken {
		p.drop()
	}
	return err
}

// wasDead says whether err means that a connection which was left over had ended
// meanwhile, so that a new one is worth a try.
func wasDead(ctx context.Context, err error) bool {
	id, _ := cause.Of(err)
	return id == cause.DeviceDisconnected && !errors.Is(err, errRejected) && ctx.Err() == nil
}

// ended is the error of an operation whose context is over. It carries the
// context's own cause, so that a caller who cancels with one gets it back.
func ended(ctx context.Context, name string) error {
	if why := context.Cause(ctx); why != ctx.Err() {
		return fmt.Errorf("%s: %w: %w", name, ctx.Err(), why)
	}
	return fmt.Errorf("%s: %w", name, ctx.Err())
}
