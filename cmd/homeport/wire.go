package main

import (
	"os"
	"path/filepath"

	"homeport/agent"
	"homeport/backup/store"
	"homeport/configs"
	"homeport/preflight/computer"
	"homeport/usbmux"
)

// settings are the flags that several verbs share.
type settings struct {
	dest   string
	engine string
}

// load reads the configuration. A destination that was named with --dest is made
// when it is missing: its last component only, so that the folder of a drive that
// is not there stays missing.
func (a *app) load(s settings) (configs.Config, error) {
	flags := map[string]string{}
	if s.dest != "" {
		path, err := filepath.Abs(s.dest)
		if err != nil {
			return configs.Config{}, usageError{err}
		}
		flags["destination"] = path
	}
	if s.engine != "" {
		flags["engine"] = s.engine
	}
	if a.logLevel != "" {
		flags["log.level"] = a.logLevel
	}
	file := a.configFile
	if file == "" {
		file = os.Getenv("HOMEPORT_CONFIG")
	}
	o := configs.Options{File: file, Environ: os.Environ(), Flags: flags}
	cfg, err := configs.Load(o)
	if err != nil {
		return cfg, err
	}
	if state := a.state(); state != "" && cfg.Source("log.dir") == "default" {
		flags["log.dir"] = filepath.Join(state, "logs")
		cfg, err = configs.Load(o)
	}
	return cfg, err
}

// state is the folder of --state, absolute, or "" for the usual place.
func (a *app) state() string {
	dir := a.stateDir
	if dir == "" {
		dir = os.Getenv("HOMEPORT_STATE")
	}
	if dir == "" {
		return ""
	}
	if abs, err := filepath.Abs(dir); err == nil {
		return abs
	}
	return dir
}

// stateFolder is where what is remembered between runs is kept, or "" when this
// system has no such place.
func (a *app) stateFolder() string {
	if dir := a.state(); dir != "" {
		return dir
	}
	paths, err := configs.SystemPaths()
	if err != nil {
		return ""
	}
	return paths.StateDir
}

// mux is usbmuxd, where the environment says it is.
func (a *app) mux() (*usbmux.Client, error) {
	address, err := usbmux.AddressFromEnv()
	if err != nil {
		return nil, err
	}
	return usbmux.NewClient(address), nil
}

// newAgent wires the rooms together, with settings that stay.
func (a *app) newAgent(cfg configs.Config, mux *usbmux.Client, once bool, tell func(agent.Event)) *agent.Agent {
	o := a.agentOptions(func() configs.Config { return cfg }, mux, tell)
	o.Once = once
	if past := a.history(); past != nil {
		o.Past = past
	}
	return agent.New(o)
}

// agentOptions wires the rooms together; config answers the settings in force.
func (a *app) agentOptions(config func() configs.Config, mux *usbmux.Client, tell func(agent.Event)) agent.Options {
	engine := a.newEngines(config, mux)
	return agent.Options{
		Config:       config,
		Mux:          mux,
		Computer:     computer.Facts(),
		Dial:         func(l usbmux.Link) agent.Handset { return a.handset(mux, l) },
		Host:         a.host(),
		Destinations: a.remembered(a.asItIs),
		Engine:       engine,
		Tools:        engine,
		Passwords:    engine,
		Restorer:     engine,
		Waker:        agent.HostWaker(),
		Tell:         tell,
		State:        a.stateFolder(),
		Recorder:     a.recorder,
	}
}

// openStore opens a destination that is only read, or of which versions are changed.
func (a *app) openStore(cfg configs.Config) (*store.Store, error) {
	return store.Open(cfg.Destination, store.Options{ReadOnly: true, Host: a.host(), Waiting: a.tellHolder})
}

// teller returns what hands events to the person, or to the reader of JSON, and
// to the log; under systemd to the journal in place of the person.
func (a *app) teller(cfg configs.Config) func(agent.Event) {
	log := agent.LogEvents(a.openLog(cfg))
	if a.json {
		return func(e agent.Event) {
			a.printJSON(e)
			log(e)
		}
	}
	tell := newTeller(newLive(a.stdout)).tell
	also, instead := a.systemLog()
	switch {
	case instead:
		tell = also
	case also != nil:
		inTerminal := tell
		tell = func(e agent.Event) {
			inTerminal(e)
			also(e)
		}
	}
	return func(e agent.Event) {
		tell(e)
		log(e)
	}
}
