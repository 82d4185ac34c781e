package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homeport/agent"
	"homeport/agent/history"
	"homeport/backup/mobilebackup2"
	"homeport/backup/store"
	"homeport/cause"
	"homeport/configs"
	"homeport/preflight"
	"homeport/simulator"
	"homeport/simulator/backupagent"
	"homeport/usbmux"
	"homeport/usbmux/lockdown"
)

// runSituations are what only shows around a run: the computer, the phone's lock, and what
// was before.
var runSituations = []situation{
	on(cause.LockedDuringBackup, "it locks itself, and ends with 100", nil, func(s *stage) heard {
		s.phone.Play(simulator.BackupResponse{Stage: backupagent.StageManifests, Code: 100})
		s.lockInMiddle()
		return s.homeport("backup", "--dest", s.dest)
	}),
	on(cause.CommandFailed, "the command before it", nil, func(s *stage) heard {
		s.env = append(s.env, "HOMEPORT_BEFORE=echo mount: no medium; exit 32")
		return s.homeport("backup", "--dest", s.dest)
	}),
	on(cause.AppDataBlocksBackup, "the same end, twice", nil, func(s *stage) heard {
		fail := simulator.BackupResponse{Stage: backupagent.StageManifests, Code: 4}
		s.phone.Play(fail)
		failed := 0
		g := s.follow(func(line string) (stop bool) {
			if !strings.Contains(line, `"event":"failed"`) {
				return false
			}
			if failed++; failed == 2 {
				return true
			}
			s.phone.Play(fail)
			s.phone.Detach()
			s.phone.Attach()
			return false
		})
		delete(g.causes, cause.DeviceInternalError) // the first end, by itself
		return g
	}),
	onPhone(cause.IOSUpdatePending, "it leaves, and is back with another iOS", nil, func(s *stage) heard {
		s.phone.Play(simulator.CutAfter{Channel: simulator.ChannelBackup, Bytes: 100_000, Kind: simulator.Detached})
		return s.follow(func(line string) bool {
			if strings.Contains(line, `"event":"failed"`) {
				s.phone.SetValue("", "ProductVersion", "18.6")
				s.phone.Attach()
			}
			return strings.Contains(line, string(cause.IOSUpdatePending))
		})
	}),
	on(cause.BackupOverdue, "backed up 20 days ago", nil, func(s *stage) heard {
		s.backup()
		s.phone.Detach()
		s.rewrite(func(record map[string]any) { record["finished"] = time.Now().Add(-20 * 24 * time.Hour) })
		return s.follow(func(line string) bool { return strings.Contains(line, string(cause.BackupOverdue)) })
	}),
	on(cause.BackupOverdue, "never backed up, and first here 20 days ago", nil, func(s *stage) heard {
		s.phone.Detach()
		past := history.Open(filepath.Join(s.place, "state", historyName), history.Options{})
		if err := past.See(s.Context(), history.Phone{UDID: stageUDID, LastSeen: time.Now().Add(-20 * 24 * time.Hour)}); err != nil {
			s.Fatal(err)
		}
		return s.follow(func(line string) bool {
			return strings.Contains(line, "was never backed up; it was first here 20 days ago")
		})
	}),
	on(cause.BackupOverdue, "doctor, with the phone away", nil, func(s *stage) heard {
		s.backup()
		s.phone.Detach()
		s.rewrite(func(record map[string]any) { record["finished"] = time.Now().Add(-20 * 24 * time.Hour) })
		return s.doctor()
	}),
	on(cause.BackupOverdue, "doctor", nil, func(s *stage) heard {
		s.backup()
		s.rewrite(func(record map[string]any) { record["finished"] = time.Now().Add(-20 * 24 * time.Hour) })
		return s.doctor(stageUDID)
	}),
	{id: cause.BackupSlow, name: "what a version says of its run", how: captured, play: func(t *testing.T) heard {
		s := newStage(t, nil)
		s.backup()
		s.rewrite(func(record map[string]any) {
			record["took"] = map[string]any{"receiving": 4000, "disk": 3600, "link": 300, "bytes": 4_000_000_000, "linkSpeed": 480_000_000}
		})
		o := s.agent(agent.Options{}).Outlook(t.Context(), stageUDID)
		var g heard
		if o.Slow != nil {
			g.output = o.Slow.Sentence()
			g.add(o.Slow.ID, preflight.Info)
		}
		return g
	}},
	{id: cause.HostSlept, name: "the computer sleeps, and the link is dead", how: captured, alone: true, play: func(t *testing.T) heard {
		s := newStage(t, nil)
		held := s.phone.Play(simulator.Stall{Channel: simulator.ChannelBackup, Bytes: 100_000})[0]
		go func() { <-held.Done(); s.phone.Detach() }()
		return s.backedUp(agent.Options{Asleep: func() time.Duration {
			select {
			case <-held.Done():
				return time.Hour
			default:
				return 0
			}
		}})
	}},
	{id: cause.DeviceModeChanged, name: "it is on the bus in recovery mode", how: captured, alone: true, play: func(t *testing.T) heard {
		s := newStage(t, nil)
		s.phone.Play(simulator.CutAfter{Channel: simulator.ChannelBackup, Bytes: 100_000, Kind: simulator.Detached})
		return s.backedUp(agent.Options{Devices: func(context.Context) ([]usbmux.HostDevice, error) {
			return []usbmux.HostDevice{{Serial: "CPID:8120 CPRV:11 ECID:000A1B2C3D4E5F60 IBFL:3C", Mode: usbmux.ModeRecovery, ProductID: 0x1281}}, nil
		}})
	}},
}

// lockInMiddle locks the phone while it sends.
func (s *stage) lockInMiddle() {
	held := s.phone.Play(simulator.Stall{Channel: simulator.ChannelBackup, Bytes: 100_000, For: 1500 * time.Millisecond})[0]
	go func() { <-held.Done(); s.phone.Lock() }()
}

// rewrite changes what the newest version says of itself.
func (s *stage) rewrite(change func(record map[string]any)) {
	s.Helper()
	found, err := filepath.Glob(filepath.Join(s.dest, ".homeport", "*", "versions", "*", "version.json"))
	if err != nil || len(found) != 1 {
		s.Fatal(found, err)
	}
	data, err := os.ReadFile(found[0])
	if err != nil {
		s.Fatal(err)
	}
	var record map[string]any
	if err := json.Unmarshal(data, &record); err != nil {
		s.Fatal(err)
	}
	change(record)
	delete(record, "sum") // of itself; one without is an older Homeport's
	if data, err = json.Marshal(record); err == nil {
		err = os.WriteFile(found[0], data, 0o600)
	}
	if err != nil {
		s.Fatal(err)
	}
}

// follow has run watch for phones until a line says that it is enough.
func (s *stage) follow(enough func(line string) bool) heard {
	s.Helper()
	cmd := s.child("run", "--dest", s.made())
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		s.Fatal(err)
	}
	var g heard
	in := bufio.NewScanner(out)
	in.Buffer(nil, 4<<20)
	for in.Scan() {
		g.output += in.Text() + "\n"
		g.readLines(bytes.NewReader(in.Bytes()))
		if enough(in.Text()) {
			break
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	return g
}

// agent is one on the stage, with the means that the options have besides.
func (s *stage) agent(o agent.Options) *agent.Agent {
	s.Helper()
	address, err := usbmux.ParseAddress(s.sim.Addr())
	if err != nil {
		s.Fatal(err)
	}
	cfg, err := configs.Load(configs.Options{File: os.DevNull, Flags: map[string]string{"destination": s.dest, "reserve": "1MiB"}})
	if err != nil {
		s.Fatal(err)
	}
	mux := usbmux.NewClient(address)
	o.Config, o.Mux, o.Engine = func() configs.Config { return cfg }, mux, mobilebackup2.New(mobilebackup2.Options{})
	o.Dial = func(l usbmux.Link) agent.Handset { return lockdown.New(mux, l) }
	o.Tell = func(agent.Event) {}
	return agent.New(o)
}

// backedUp makes a backup with such an agent, and hears its error.
func (s *stage) backedUp(o agent.Options) heard {
	s.Helper()
	st, err := store.Create(s.dest, store.Options{})
	if err != nil {
		s.Fatal(err)
	}
	_ = st.Close()
	address, err := usbmux.ParseAddress(s.sim.Addr())
	if err != nil {
		s.Fatal(err)
	}
	mux := usbmux.NewClient(address)
	watcher := usbmux.NewWatcher(mux, usbmux.WatcherOptions{})
	if err := watcher.Open(s.Context()); err != nil {
		s.Fatal(err)
	}
	defer watcher.Close()
	links, _, err := mux.Devices(s.Context())
	if err != nil || len(links) != 1 {
		s.Fatal(links, err)
	}
	return ofError(s.agent(o).Backup(s.Context(), watcher, links, agent.Request{})[0].Err)
}
