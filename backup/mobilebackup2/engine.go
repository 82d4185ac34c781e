package mobilebackup2

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"homeport/backup"
	"homeport/backup/tree"
	"homeport/cause"
	"homeport/usbmux/afc"
)

// The services that a backup uses.
const (
	serviceBackup = "com.apple.mobilebackup2"
	serviceFiles  = "com.apple.afc"
	serviceNotify = "com.apple.mobile.notification_proxy"
	serviceApps   = "com.apple.mobile.installation_proxy"
	serviceIcons  = "com.apple.springboardservices"
)

// Deadlines are the longest silences that the engine takes from a phone.
type Deadlines struct {
	Handshake    time.Duration // an answer during the version exchange
	FirstMessage time.Duration // from the Backup request to the first message: passcode, scan
	Message      time.Duration // between two messages
	Stall        time.Duration // inside a frame or a file, without a byte
	Grace        time.Duration // after an error of our own, for the phone to end the request
}

// DefaultDeadlines are those of the product.
func DefaultDeadlines() Deadlines {
	return Deadlines{
		Handshake:    15 * time.Second,
		FirstMessage: 30 * time.Minute,
		Message:      90 * time.Minute,
		Stall:        60 * time.Second,
		Grace:        60 * time.Second,
	}
}

// Options change how an Engine works. The zero value is right outside of tests.
type Options struct {
	Deadlines Deadlines // a zero field takes the default
	FS        tree.FS   // where backups are written; tree.OS if nil
	// NoInfo leaves Info.plist alone: nothing is asked of the phone beyond the
	// backup itself.
	NoInfo bool
}

// Engine is the native engine. It keeps no state between backups and may make
// several at once, of different phones.
type Engine struct{ opts Options }

// New gives an engine.
func New(opts Options) *Engine {
	def := DefaultDeadlines()
	for _, d := range []struct{ set, def *time.Duration }{
		{&opts.Deadlines.Handshake, &def.Handshake},
		{&opts.Deadlines.FirstMessage, &def.FirstMessage},
		{&opts.Deadlines.Message, &def.Message},
		{&opts.Deadlines.Stall, &def.Stall},
		{&opts.Deadlines.Grace, &def.Grace},
	} {
		if *d.set <= 0 {
			*d.set = *d.def
		}
	}
	if opts.FS == nil {
		opts.FS = tree.OS{}
	}
	return &Engine{opts: opts}
}

var _ backup.Engine = (*Engine)(nil)

// Backup makes one backup of job.Phone into job.Dir/<UDID>. See backup.Engine
// for what it promises.
func (e *Engine) Backup(ctx context.Context, job backup.Job, report func(backup.Progress)) (backup.Result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	under := e.opts.FS
	if job.FS != nil {
		under = job.FS
	}
	t, err := tree.Open(job.Dir, tree.WithFS(under))
	if err != nil {
		return backup.Result{}, hostCause(err, nil)
	}
	defer t.Close()
	home, err := tree.Parse(job.UDID)
	if err != nil || home.String() != job.UDID || home != (tree.Rel{}) && !home.Parent().IsRoot() {
		return backup.Result{}, cause.New(cause.DeviceIdentityMismatch, nil, errors.New("the UDID is not a name: "+clip(job.UDID)))
	}
	if job.Free == nil {
		job.Free = func(context.Context) (int64, error) { return t.Free() }
	}
	if job.Wrote == nil {
		job.Wrote = func(tree.Rel, int64, [32]byte) {}
	}
	r := &run{engine: e, ctx: ctx, cancel: cancel, job: job, tree: t, home: home, prog: newProgress(report)}
	defer r.close()
	return r.backup()
}

// run is one call of the engine: the connections and what must be undone. Of the
// job, a request that is no backup has the phone and its UDID only, and no tree.
type run struct {
	engine *Engine
	ctx    context.Context
	cancel context.CancelCauseFunc
	job    backup.Job
	tree   *tree.Tree
	home   tree.Rel
	prog   *progress

	wait  sync.WaitGroup // goroutines of this run
	undo  []func()       // in the order of doing
	watch *watch
	good  bool // it went well so far as the phone is concerned
}

// close undoes everything, the last first, and waits for the goroutines.
func (r *run) close() {
	for i := len(r.undo) - 1; i >= 0; i-- {
		r.undo[i]()
	}
	r.wait.Wait()
}

// open opens a service whose connection is closed at once when the run is
// stopped, and at its end.
func (r *run) open(service string) (net.Conn, error) {
	conn, err := r.dial(service)
	if err != nil {
		return nil, err
	}
	r.onStop(func() { hangUp(conn) })
	r.undo = append(r.undo, func() { r.part(conn) })
	return conn, nil
}

func (r *run) dial(service string) (net.Conn, error) {
	conn, err := r.job.Phone.Open(r.ctx, service)
	if err != nil && r.ctx.Err() != nil {
		return nil, stopCause(r.ctx)
	}
	return conn, err
}

// onStop has f called when the run is stopped from outside, and waits for it at
// the end if it was.
func (r *run) onStop(f func()) {
	done := make(chan struct{})
	stop := context.AfterFunc(r.ctx, func() {
		defer close(done)
		f()
	})
	r.undo = append(r.undo, func() {
		if !stop() {
			<-done
		}
	})
}

// part closes a connection at the end: properly after a good run, at once after
// a failed one.
func (r *run) part(conn net.Conn) {
	if r.good {
		_ = conn.Close()
		return
	}
	hangUp(conn)
}

// hangUp closes a connection without waiting: below a TLS layer first, which
// would else try to say goodbye to a phone that is gone.
func hangUp(conn net.Conn) {
	if below, ok := conn.(interface{ NetConn() net.Conn }); ok {
		_ = below.NetConn().Close()
	}
	_ = conn.Close()
}

// prepare opens what every request needs, in the order that phones are used to:
// notifications, the backup service, the sync lock.
func (r *run) prepare() (*link, *afc.Client, error) {
	r.prog.phase(backup.PhaseConnecting)
	if err := r.startWatch(); err != nil {
		return nil, nil, err
	}
	l, err := r.connect()
	if err != nil {
		return nil, nil, err
	}
	files, err := r.lockSync()
	return l, files, err
}

func (r *run) backup() (backup.Result, error) {
	l, files, err := r.prepare()
	if err != nil {
		return backup.Result{}, err
	}
	s, err := r.newSession(l)
	if err != nil {
		return backup.Result{}, err
	}
	info := r.gatherInfo(readerOf(files))
	result, err := r.transfer(s)
	if err == nil {
		err = info.commit(s)
	}
	if err != nil {
		return backup.Result{}, err
	}
	result.Odd = slices.Concat(s.odd, info.odd(), r.watch.odd())
	return result, nil
}

// connect opens the backup service and agrees on versions.
func (r *run) connect() (*link, error) {
	conn, err := r.dial(serviceBackup)
	if err != nil {
		return nil, err
	}
	l := newLink(conn, r.engine.opts.Deadlines.Stall)
	r.onStop(func() { l.goodbye(); hangUp(conn) })
	r.undo = append(r.undo, func() { r.part(conn) })
	if err := handshake(l, r.engine.opts.Deadlines.Handshake); err != nil {
		return nil, l.withSteps(linkCause(r.ctx, err, nil))
	}
	return l, nil
}

func (r *run) newSession(l *link) (*session, error) {
	s := &session{
		served: served{talk: r.newTalk(l, backup.PhaseReceiving), home: r.home, open: reader(r.tree)},
		job:    r.job, tree: r.tree,
		space: &budget{free: r.job.Free, limit: r.capacity()},
		books: newLedger(r.job.UDID, r.job.Wrote),
	}
	_, err := readStatus(r.tree, r.home)
	s.hadBase = err == nil
	statusRel, err := r.home.Join("Status.plist")
	if err != nil {
		return nil, err
	}
	s.sink = newSink(r.tree, func(rel tree.Rel, n int64, sum [32]byte) {
		s.gotStatus = s.gotStatus || rel == statusRel
		s.books.received(rel, n, sum)
	})
	r.prog.measure = func() backup.Spent {
		return backup.Spent{Phone: l.timed.phone, Link: l.timed.link, Disk: s.sink.held}
	}
	r.undo = append(r.undo, s.sink.close)
	return s, nil
}

// reader opens files of a tree.
func reader(t *tree.Tree) func(tree.Rel) (io.ReadCloser, error) {
	return func(rel tree.Rel) (io.ReadCloser, error) {
		f, _, err := t.OpenRead(rel)
		return f, err
	}
}

// capacity is more than the phone can hold, from what it tells of its disk; 0
// when it tells nothing.
func (r *run) capacity() int64 {
	values, err := r.job.Phone.Values(r.ctx, "com.apple.disk_usage")
	if err != nil {
		return 0
	}
	total, ok := asInt(values["TotalDiskCapacity"])
	if !ok || total <= 0 || total > 1<<56 {
		return 0
	}
	return total + total/5
}

// transfer asks for the backup and sees it through.
func (r *run) transfer(s *session) (backup.Result, error) {
	values, err := r.job.Phone.Values(r.ctx, backupDomain)
	if err != nil && r.ctx.Err() != nil {
		return backup.Result{}, stopCause(r.ctx)
	}
	encrypted, _ := values["WillEncrypt"].(bool)
	r.prog.phase(backup.PhaseWaiting)
	if err := request(s.link, r.job.UDID, r.job.Full); err != nil {
		return backup.Result{}, s.linkError(err)
	}
	reminder := time.AfterFunc(time.Minute, r.prog.again)
	defer reminder.Stop()
	err = s.run()
	s.sink.close()
	if err != nil {
		return backup.Result{}, r.watch.explain(err, s.silent)
	}
	r.prog.phase(backup.PhaseFinishing)
	st, err := s.proveFinished()
	if err == nil {
		err = s.settle()
	}
	if err != nil {
		return backup.Result{}, err
	}
	s.link.goodbye()
	r.good = true
	p := r.prog.now()
	return backup.Result{
		Engine: "native", Full: st.IsFullBackup || r.job.Full || !s.hadBase, Encrypted: encrypted,
		Files: p.Files, Bytes: p.Bytes, Proof: backup.ProofReceived,
	}, nil
}
