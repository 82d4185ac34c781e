package configs

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/viper"

	"homeport/cause"
)

//go:embed default.yaml
var defaultYAML []byte

// envPrefix begins the name of every environment variable that is a setting.
const envPrefix = "HOMEPORT_"

// RunPrefix begins the names of the variables that tell a command about a run. They are
// no settings.
const RunPrefix = envPrefix + "RUN_"

// notSettings are variables with our prefix that the command reads by itself. Names that
// begin with HOMEPORT_TEST_ are left to tests, and those that begin with HOMEPORT_RUN_ tell
// the commands before and after a backup about it: they may call homeport.
var notSettings = []string{envPrefix + "CONFIG", envPrefix + "STATE"}

// Options say where settings come from.
type Options struct {
	// File is the settings file; "" means the usual place. A file that is named
	// must exist, the usual one need not.
	File string
	// Environ is the environment as os.Environ gives it.
	Environ []string
	// Flags are values from the command line, by the key that they set
	// ("destination", "log.level"). An empty value is a value.
	Flags map[string]string
}

// Load reads the settings. Everything that is wrong is in the error, each with
// the cause config-invalid; the Config is then of no use.
func Load(o Options) (Config, error) {
	paths, err := SystemPaths()
	if err != nil {
		return Config{}, err
	}
	return load(o, paths)
}

// Default returns the settings of somebody who has set nothing.
func Default() (Config, error) {
	paths, err := SystemPaths()
	if err != nil {
		return Config{}, err
	}
	return load(Options{File: os.DevNull}, paths)
}

func load(o Options, paths Paths) (Config, error) {
	l := loader{viper: viper.New(), paths: paths, sources: map[string]string{}, places: map[string]string{}, entries: map[string]string{}}
	base := reader{file: "default.yaml"}
	if err := l.viper.MergeConfigMap(base.read(defaultYAML)); err != nil {
		return Config{}, fmt.Errorf("read built-in settings: %w", err)
	}
	if err := l.file(o.File); err != nil {
		return Config{}, err
	}
	l.environment(o.Environ)
	for key, value := range o.Flags {
		l.set(key, value, "flag", "the command line")
	}
	cfg := l.config()
	l.mirrors(cfg)
	if err := errors.Join(slices.Concat(base.problems, l.problems)...); err != nil {
		return Config{}, err
	}
	return cfg, nil
}

// loader gathers settings and what is wrong with them.
type loader struct {
	viper    *viper.Viper
	paths    Paths
	filePath string
	sources  map[string]string // where a key was set
	places   map[string]string // the same, as a sentence says it
	entries  map[string]string // the values of list entries, by names such as phones[0].udid
	problems []error
}

// file merges the settings file.
func (l *loader) file(name string) error {
	l.filePath = name
	if name == "" {
		l.filePath = l.paths.ConfigFile
	}
	data, err := readFile(l.filePath)
	if errors.Is(err, fs.ErrNotExist) && name == "" {
		return nil
	}
	if err != nil {
		return unreadable(l.filePath, err)
	}
	r := reader{file: l.filePath}
	tree := r.read(data)
	l.problems = append(l.problems, r.problems...)
	if tree == nil {
		return nil
	}
	for _, key := range leaves(tree, "") {
		// An empty text, as the sample has it, asks for the default.
		if text, single := lookup(tree, key); !single || text != "" {
			l.sources[key] = l.filePath
		}
	}
	if err := l.viper.MergeConfigMap(tree); err != nil {
		return cause.New(cause.ConfigInvalid, cause.Evidence{"file": l.filePath}, fmt.Errorf("read settings %s: %w", l.filePath, err))
	}
	return nil
}

// leaves lists the dotted keys that a tree of maps sets.
func leaves(tree map[string]any, path string) []string {
	var keys []string
	for name, value := range tree {
		if inner, ok := value.(map[string]any); ok {
			keys = append(keys, leaves(inner, join(path, name))...)
		} else {
			keys = append(keys, join(path, name))
		}
	}
	return keys
}

// environment takes HOMEPORT_KEEP_LAST for keep.last, and refuses names with our
// prefix that are no setting. An empty variable counts as unset.
func (l *loader) environment(environ []string) {
	known := map[string]string{}
	for _, key := range fileSchema.keys() {
		known[envPrefix+strings.ToUpper(strings.ReplaceAll(key, ".", "_"))] = key
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(known)) {
		names = append(names, strings.TrimPrefix(name, envPrefix))
	}
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		if value == "" || !strings.HasPrefix(name, envPrefix) || slices.Contains(notSettings, name) || strings.HasPrefix(name, envPrefix+"TEST_") || strings.HasPrefix(name, RunPrefix) {
			continue
		}
		if key, ok := known[name]; ok {
			l.set(key, value, "env "+name, "the environment ("+name+")")
			continue
		}
		allowed := envPrefix + " and the name of a setting in capitals, as in HOMEPORT_KEEP_LAST"
		if near, ok := Nearest(strings.TrimPrefix(name, envPrefix), names); ok {
			allowed = envPrefix + near
		}
		l.problems = append(l.problems, cause.New(cause.ConfigInvalid,
			cause.Evidence{"key": name, "file": "the environment", "reason": noSuchKey, "allowed": allowed},
			fmt.Errorf("read environment: unknown variable %s: want %s", name, allowed)))
	}
}

func (l *loader) set(key, value, source, place string) {
	l.viper.Set(key, value)
	l.sources[key] = source
	l.places[key] = place
}

// place says in words where a key was set, for an error.
func (l *loader) place(key string) string {
	if p, ok := l.places[key]; ok {
		return p
	}
	if p, ok := l.sources[key]; ok {
		return p
	}
	return l.filePath
}
