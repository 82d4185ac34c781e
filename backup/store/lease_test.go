package store

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"homeport/backup/tree"
	"homeport/cause"
)

// computer is a store as another computer opens it: it sees no OS lock of anybody.
func computer(t *testing.T, dir, name string, change func(*Options)) *Store {
	t.Helper()
	o := Options{Host: Host{ID: "id of " + name, Name: name}, boot: "boot of " + name, noLocks: true}
	if change != nil {
		change(&o)
	}
	s, err := Open(dir, o)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// stopped is a computer that renews nothing by itself.
func stopped(o *Options) { o.leaseEvery, o.leaseStale = 1000*time.Hour, leaseStale }

// leaseOf reads the lease that is there; nil for none.
func leaseOf(t *testing.T, s *Store) *lease {
	t.Helper()
	p, err := s.openPhone(udidA)
	must(t, err)
	defer p.close()
	l, err := p.readLease(leaseName)
	must(t, err)
	return l
}

func leavesNothing(t *testing.T, s *Store) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(s.Path(), homeName, udidA, leasePrefix+"*"))
	if err != nil || len(names) != 0 {
		t.Errorf("left: %v, %v", names, err)
	}
}

// A holder renews its lease while it lives, and takes it away with it.
func TestLeaseLivesAsLongAsItsHolder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := computer(t, fastDir(t), "mini", nil)
		st := begin(t, s, udidA)
		first := leaseOf(t, s)
		if first.Computer != "mini" || first.Does != TaskBackup || first.PID != os.Getpid() || first.Host != "id of mini" {
			t.Errorf("%+v", first)
		}
		time.Sleep(leaseEvery*5 + time.Second)
		synctest.Wait()
		if now := leaseOf(t, s); now.Counter != first.Counter+5 || now.Token != first.Token {
			t.Errorf("after five renewals: %+v, was %+v", now, first)
		}
		fill(t, st, udidA, numbered(3, "a"), script{})
		if _, err := st.Publish(t.Context(), arrived); err != nil {
			t.Fatal(err)
		}
		leavesNothing(t, s)
	})
}

// Who comes while another computer is at work is told its name, as soon as that shows
// a sign of life.
func TestLeaseOfALivingComputer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir := fastDir(t)
		a := computer(t, dir, "Annas-MacBook", nil)
		st := begin(t, a, udidA)
		var told []string
		b := computer(t, dir, "mini", func(o *Options) {
			o.Waiting = func(h Holder, long time.Duration) { told = append(told, h.Computer+" "+long.String()) }
		})
		begun := time.Now()
		for what, ask := range map[string]func() error{
			"begin": func() error { _, err := b.Begin(t.Context(), udidA); return err },
			"prune": func() error { _, err := b.Prune(t.Context(), udidA, Policy{Last: 1}); return err },
			"busy":  func() error { return b.Busy(t.Context(), udidA) },
		} {
			err := ask()
			if !is(err, cause.AlreadyRunning) || cause.From(err).Sentence() != "Annas-MacBook is backing up this iPhone to the same folder" {
				t.Errorf("%s: %v: %s", what, err, cause.From(err).Sentence())
			}
		}
		if took := time.Since(begun); took > 3*(leaseEvery+leaseEvery/5) {
			t.Errorf("three answers took %v", took)
		}
		if len(told) != 2 || told[0] != "Annas-MacBook 1m0s" {
			t.Errorf("told: %q", told)
		}
		begun = time.Now()
		must(t, b.Recover(t.Context()))
		if took := time.Since(begun); took != 0 {
			t.Errorf("recovery waited %v", took)
		}
		fill(t, st, udidA, numbered(3, "a"), script{})
		if _, err := st.Publish(t.Context(), arrived); err != nil {
			t.Error(err)
		}
	})
}

// A lease that stands still for a minute is taken over, and who wakes up after that
// publishes nothing, keeps nothing and removes nothing.
func TestLeaseOfAStoppedComputer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir := fastDir(t)
		a := computer(t, dir, "Annas-MacBook", stopped)
		old := begin(t, a, udidA)
		fill(t, old, udidA, numbered(3, "a"), script{})
		b := computer(t, dir, "mini", nil)
		if err := b.Busy(t.Context(), udidA); err != nil {
			t.Errorf("a lease that stands still: %v", err)
		}
		begun := time.Now()
		v := backUp(t, b, udidA, numbered(4, "b"))
		if took := time.Since(begun); took < leaseStale || took > leaseStale+leaseEvery {
			t.Errorf("taken over after %v", took)
		}
		if v.ID.Generation() <= old.state.Version.Generation() {
			t.Errorf("%s beside %s", v.ID, old.state.Version)
		}
		was := snapshot(t, filepath.Join(dir, homeName))
		_, err := old.Publish(t.Context(), arrived)
		if !is(err, cause.LeaseLost) {
			t.Errorf("published by who lost: %v", err)
		}
		if err := old.Keep(); !is(err, cause.LeaseLost) {
			t.Errorf("kept by who lost: %v", err)
		}
		must(t, old.Discard())
		for path, text := range snapshot(t, filepath.Join(dir, homeName)) {
			if was[path] != text && !strings.Contains(path, trashName) {
				t.Errorf("%s is %q, was %q", path, text, was[path])
			}
		}
		leavesNothing(t, b)
	})
}

// Who is only slow learns of the loss with the next renewal, and its context ends.
func TestGuardEndsWithTheLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir := fastDir(t)
		st := begin(t, computer(t, dir, "slow", nil), udidA)
		ctx, stop := st.Guard(t.Context())
		defer stop()
		// To this one every lease is stale.
		hasty := computer(t, dir, "hasty", func(o *Options) { o.leaseEvery, o.leaseStale = time.Millisecond, 0 })
		other := begin(t, hasty, udidA)
		begun := time.Now()
		<-ctx.Done()
		err := context.Cause(ctx)
		if took := time.Since(begun); took > leaseEvery || !is(err, cause.LeaseLost) {
			t.Errorf("after %v: %v", took, err)
		}
		if s := cause.From(err).Sentence(); s != "another computer (hasty) has taken over these backups" {
			t.Error(s)
		}
		if st.Lost() == nil || other.Lost() != nil {
			t.Error(st.Lost(), other.Lost())
		}
	})
}

// The lease of a holder that is known to be dead keeps nobody waiting.
func TestLeaseOfADeadHolder(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		next  func(*Options)
		waits bool
	}{
		"restarted, without locks":     {func(o *Options) { o.boot = "the next boot" }, false},
		"same start, without locks":    {func(*Options) {}, true},
		"same start, the lock is free": {func(o *Options) { o.noLocks = false }, false},
		"other user, the lock is free": {func(o *Options) { o.Host.ID, o.noLocks = "other", false }, false},
		"other user, restarted":        {func(o *Options) { o.Host.ID, o.boot, o.noLocks = "other", "the next boot", false }, true},
		"other computer":               {func(o *Options) { o.Host.ID, o.boot, o.noLocks = "other", "other", false }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				dir := fastDir(t)
				dead := begin(t, computer(t, dir, "mini", stopped), udidA)
				begun := time.Now()
				st := begin(t, computer(t, dir, "mini", c.next), udidA)
				if took := time.Since(begun); took > time.Second != c.waits {
					t.Errorf("it took %v", took)
				}
				if dead.Lost() == nil {
					t.Error("the dead one has its lease")
				}
				must(t, st.Discard())
			})
		})
	}
}

// What is no lease is waited for like one, and what is no file is told.
func TestLeaseThatIsNone(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"empty": "", "torn": `{"token": "abc`, "a path": `{"token": "../../../../../../../../../../../x"}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := computer(t, fastDir(t), "mini", nil)
				must(t, begin(t, s, udidA).Discard())
				must(t, os.WriteFile(filepath.Join(s.Path(), homeName, udidA, leaseName), []byte(text), 0o600))
				begun := time.Now()
				must(t, begin(t, s, udidA).Discard())
				if took := time.Since(begun); took < leaseStale || took > leaseStale+leaseEvery {
					t.Errorf("it took %v", took)
				}
				leavesNothing(t, s)
			})
		})
	}
	s := newStore(t, Options{})
	must(t, begin(t, s, udidA).Discard())
	must(t, os.Mkdir(filepath.Join(s.Path(), homeName, udidA, leaseName), 0o700))
	if _, err := s.Begin(t.Context(), udidA); !is(err, cause.DestinationUnsafe) {
		t.Errorf("a folder in its place: %v", err)
	}
}

// A full disk has no room for a lease; Prune makes some all the same.
func TestPruneOnAFullDisk(t *testing.T) {
	t.Parallel()
	faults := tree.NewFaults(tree.OS{})
	s := newStore(t, Options{FS: faults})
	for _, tag := range []string{"a", "b", "c"} {
		backUp(t, s, udidA, numbered(3, tag))
	}
	faults.FailFromOnly(faults.Ops()+1, syscall.ENOSPC, tree.NeedRoom)
	if _, err := s.Prune(t.Context(), udidA, Policy{Last: 1}); err != nil || faults.Fired() == 0 {
		t.Errorf("%v, %d refused", err, faults.Fired())
	}
	if vs, err := s.Versions(t.Context(), udidA); err != nil || len(vs) != 1 {
		t.Errorf("%d versions, %v", len(vs), err)
	}
}

// Who lost the lease in the middle of a prune removes no version more.
func TestPruneEndsWithTheLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir := fastDir(t)
		b := computer(t, dir, "mini", nil)
		for _, tag := range []string{"a", "b", "c", "d"} {
			backUp(t, b, udidA, numbered(3, tag))
		}
		faults := tree.NewFaults(tree.OS{})
		a := computer(t, dir, "slow", func(o *Options) { stopped(o); o.FS = faults })
		first := 0
		dry, err := a.Plan(t.Context(), udidA, Policy{Last: 1})
		if err != nil || len(dry) != 4 {
			t.Fatal(dry, err)
		}
		// The other one comes when the first version is about to be moved away.
		for n := range 400 {
			faults.At(faults.Ops()+n, func() {
				log := faults.Log()
				if first == 0 && strings.HasPrefix(log[len(log)-1], "rename "+homeName+"/"+udidA+"/versions/2") {
					first = len(log)
					must(t, begin(t, b, udidA).Discard())
				}
			})
		}
		done, err := a.Prune(t.Context(), udidA, Policy{Last: 1})
		if !is(err, cause.LeaseLost) || first == 0 {
			t.Errorf("%v, at %d", err, first)
		}
		vs, err := b.Versions(t.Context(), udidA)
		if err != nil || len(vs) != 3 || len(done) != 1 {
			t.Errorf("%d versions, %d removed, %v", len(vs), len(done), err)
		}
	})
}
