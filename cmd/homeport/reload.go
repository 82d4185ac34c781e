package main

import (
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"homeport/agent"
	"homeport/agent/status"
	"homeport/cause"
	"homeport/configs"
)

// settingsInForce is the configuration of a program that runs for long, which is
// read again on request.
type settingsInForce struct {
	app      *app
	flags    settings
	now      atomic.Pointer[configs.Config]
	reading  sync.Mutex // reads one file at a time
	mu       sync.Mutex // tells one event at a time: the agent and the reloads
	announce func(agent.Event)
	around   func() (done func()) // is called when a reload begins, and done when it is over
}

func newSettingsInForce(a *app, flags settings, cfg configs.Config, announce func(agent.Event)) *settingsInForce {
	s := &settingsInForce{app: a, flags: flags, announce: announce, around: func() func() { return func() {} }}
	s.now.Store(&cfg)
	return s
}

// config is the configuration in force.
func (s *settingsInForce) config() configs.Config { return *s.now.Load() }

// tell hands an event on.
func (s *settingsInForce) tell(e agent.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.announce(e)
}

// followHangups reads the settings again at each SIGHUP, until stop is called, and
// calls changed when they were good.
func (s *settingsInForce) followHangups(changed func()) (stop func()) {
	asked, over := make(chan struct{}, 1), make(chan struct{})
	terminal := onTerminal()
	s.app.signals.onHangup(func() {
		if terminal && !onTerminal() { // it was closed: whoever sat there wants an end
			s.app.signals.raise(syscall.SIGTERM)
			return
		}
		select {
		case asked <- struct{}{}:
		default: // one that has not begun yet reads the newest file
		}
	})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-over:
				return
			case <-asked:
				err := cause.Guard(func() error {
					defer s.around()()
					if s.reload().OK {
						changed()
					}
					return nil
				})
				if err != nil {
					s.app.tellPanic(err)
				}
			}
		}
	})
	return func() {
		close(over)
		wg.Wait()
	}
}

// reload reads the settings, and answers whether they are in force. Bad ones change
// nothing, and are told.
func (s *settingsInForce) reload() status.Reloaded {
	s.reading.Lock()
	defer s.reading.Unlock()
	old := s.config()
	cfg, err := s.app.load(s.flags)
	if err != nil {
		const message = "the settings stay as they were"
		done := status.Reloaded{Message: message}
		for _, one := range single(err) {
			f := s.app.failureOf(one)
			done.Errors = append(done.Errors, status.Failure(*f))
			s.tell(agent.Event{Kind: agent.Service, Time: time.Now(), Cause: f.Cause, Error: f, Message: message})
		}
		return done
	}
	message := "the settings were read again; backups go to " + cfg.Destination
	if cfg.Log.Dir != old.Log.Dir || cfg.Log.Days != old.Log.Days {
		message += "; where the log is and how long it stays changes at the next start"
	}
	if old.StatusPage && !cfg.StatusPage {
		message += "; the status page goes at the next start"
	}
	s.now.Store(&cfg)
	if s.app.log != nil {
		s.app.level.SetLevel(levelOf(cfg.Log.Level))
	}
	s.tell(agent.Event{Kind: agent.Service, Time: time.Now(), Message: message})
	return status.Reloaded{OK: true, Message: message}
}
