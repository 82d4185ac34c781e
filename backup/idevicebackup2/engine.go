package idevicebackup2

import (
	"context"
	"errors"
	"fmt"
	"time"

	"homeport/backup"
	"homeport/backup/tree"
	"homeport/cause"
)

// Deadlines are the longest silences that the engine takes.
type Deadlines struct {
	FirstMessage time.Duration // from the Backup request to the first message: passcode, scan
	Message      time.Duration // between two messages
	Stall        time.Duration // inside a file, or for the tool to answer a message
	Answer       time.Duration // for a tool that does nothing meanwhile to answer a message
	Exit         time.Duration // for the tool to end when the phone has hung up
	Tear         time.Duration // inside a file, after which the tool may have lost its place
}

// DefaultDeadlines are those of the product. The tool itself gives up reading a
// file after 30 s and goes on as if it had ended.
func DefaultDeadlines() Deadlines {
	return Deadlines{FirstMessage: 30 * time.Minute, Message: 90 * time.Minute, Stall: 60 * time.Second, Answer: 10 * time.Second, Exit: 3 * time.Second, Tear: 25 * time.Second}
}

// Options change how an Engine works.
type Options struct {
	// Path is the tool's program; "" looks for it, see Find.
	Path string
	// Mux is where usbmuxd listens, as libusbmuxd spells it: "UNIX:///path" or
	// "host:port".
	Mux       string
	Deadlines Deadlines // a zero field takes the default
	// KeepFree is how much of the disk the tool must leave free whatever job.Free
	// says, in bytes: it does not notice a full disk. 0 means 32 MiB.
	KeepFree int64
}

// Engine is the libimobiledevice engine. It keeps no state between backups and
// may make several at once, of different phones.
type Engine struct{ opts Options }

// New gives an engine.
func New(opts Options) *Engine {
	def := DefaultDeadlines()
	for _, d := range []struct{ set, def *time.Duration }{
		{&opts.Deadlines.FirstMessage, &def.FirstMessage},
		{&opts.Deadlines.Message, &def.Message},
		{&opts.Deadlines.Stall, &def.Stall},
		{&opts.Deadlines.Answer, &def.Answer},
		{&opts.Deadlines.Exit, &def.Exit},
		{&opts.Deadlines.Tear, &def.Tear},
	} {
		if *d.set <= 0 {
			*d.set = *d.def
		}
	}
	if opts.KeepFree <= 0 {
		opts.KeepFree = 32 << 20
	}
	return &Engine{opts: opts}
}

var _ backup.Engine = (*Engine)(nil)

// Backup makes one backup of the phone into job.Dir/<UDID>. See backup.Engine for
// what it promises, and the package comment for how. Result.Proof is empty: the
// tool does not say what became of a body. Result.Bytes counts what came over the
// wire, some per cent more than the bodies have. Besides the causes of the
// backup itself, its errors have those of Find. ErrTooOld is in the chain when the
// tool does not speak the phone's version.
func (e *Engine) Backup(ctx context.Context, job backup.Job, report func(backup.Progress)) (backup.Result, error) {
	tool, err := Find(ctx, e.opts.Path)
	if err != nil {
		return backup.Result{}, err
	}
	t, err := tree.Open(job.Dir)
	if err != nil {
		return backup.Result{}, diskCause(err)
	}
	defer t.Close()
	home, err := tree.Parse(job.UDID)
	if err != nil || !isName(job.UDID) {
		return backup.Result{}, notAName(job.UDID)
	}
	r := e.newRun(ctx, tool, job, report)
	r.tree, r.home = t, home
	defer r.close()
	return r.backup()
}

func (e *Engine) newRun(ctx context.Context, tool Tool, job backup.Job, report func(backup.Progress)) *run {
	r := &run{engine: e, tool: tool, job: job, prog: newProgress(report), refused: backupCauses}
	r.ctx, r.cancel = context.WithCancelCause(ctx)
	return r
}

// run is one call of Backup, ChangePassword or Restore.
type run struct {
	engine *Engine
	tool   Tool
	ctx    context.Context
	cancel context.CancelCauseFunc
	job    backup.Job // of a password or a restore, only the phone
	tree   *tree.Tree // nil when nothing is written
	home   tree.Rel
	prog   *progress
	sends  bool // to the phone
	// refused names the cause of the phone's final ErrorCode, beyond what is the
	// same for all that it is asked for.
	refused func(r *run, s said, ev cause.Evidence) (cause.ID, bool)

	relay   *relay
	child   *child
	display *display
	prompt  *prompt
	space   space
	rest    rest
	early   *backup.Spent // of the backup connection, before the phone sent anything; nil: not yet known
	before  folder
}

func (r *run) backup() (backup.Result, error) {
	if err := r.space.look(r); err != nil {
		return backup.Result{}, err
	}
	r.before = look(r.tree, r.home)
	// The tool works in the folder and is told no path to it: a drive that is pulled
	// takes the folder with it, where a path would lead to the empty mount point, or to
	// another drive.
	args := []string{"backup", "."}
	if r.job.Full {
		args = append([]string{"--full"}, args...)
	}
	s, p, err := r.tell(args, nil)
	if err == nil {
		err = r.space.final(r)
	}
	var result backup.Result
	if err == nil {
		result, err = r.proven(s, p)
	}
	if err != nil {
		err = r.space.behind(r, err)
		if r.child != nil {
			r.tidy()
		}
		return backup.Result{}, err
	}
	return result, nil
}

// tell has the tool do something to the phone, types what it asks for, and sees it
// through. Without an error, the tool and the phone have called it a success.
func (r *run) tell(args []string, typed []backup.Secret) (said, pulse, error) {
	r.prog.start()
	var err error
	if r.prompt, err = watchPrompt(r); err != nil {
		return said{}, pulse{}, err
	}
	if r.relay, err = newRelay(r.engine.opts.Mux, r.engine.opts.Deadlines.Tear); err != nil {
		return said{}, pulse{}, diskCause(err)
	}
	r.display = &display{changed: r.prog.lines, said: said{sends: r.sends, asks: r.tree == nil && !r.sends}}
	args = append([]string{"-u", r.job.UDID}, args...)
	env := bareEnvironment("USBMUXD_SOCKET_ADDRESS=" + r.relay.address)
	dir := r.relay.dir
	if r.tree != nil {
		dir = r.tree.Dir()
	}
	if r.child, err = start(r.tool.Path, args, env, dir, typed, r.display); err != nil {
		return said{}, pulse{}, stranger(r.tool.Path, err.Error())
	}
	return r.judge(r.supervise())
}

// close ends what a run has opened.
func (r *run) close() {
	if r.relay != nil {
		r.relay.close()
	}
	if r.prompt != nil {
		r.prompt.close()
	}
	r.cancel(nil)
}

// diskCause gives an error of our own disk its cause.
func diskCause(err error) error {
	if _, ok := cause.Of(err); ok {
		return err
	}
	return cause.New(hostCause(err), nil, err)
}

// stopCause is the error of a run whose context ended: what ended it, or
// user-cancelled when nobody said.
func stopCause(ctx context.Context) error {
	err := context.Cause(ctx)
	if _, ok := cause.Of(err); ok {
		return err
	}
	return cause.New(cause.UserCancelled, nil, err)
}

// lastWords puts the tool's last lines behind an error.
func lastWords(s said, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	if len(s.tail) == 0 {
		return err
	}
	return fmt.Errorf("%w; the tool's last line: %s", err, s.tail[len(s.tail)-1])
}

// isName reports whether a UDID can be given to the tool: a plain word that is no
// option.
func isName(udid string) bool {
	rel, err := tree.Parse(udid)
	return err == nil && rel.String() == udid && !rel.IsRoot() && rel.Parent().IsRoot() && udid[0] != '-'
}

func notAName(udid string) error {
	return cause.New(cause.DeviceIdentityMismatch, nil, errors.New("the UDID is not a name: "+clip(udid)))
}
