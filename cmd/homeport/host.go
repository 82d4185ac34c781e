package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"homeport/agent"
	"homeport/backup/store"
)

// hostName is the file, in the state folder, by which this computer is told from
// others that back up to the same place.
const hostName = "host.id"

var hostForm = regexp.MustCompile(`^[0-9a-f]{32}$`)

// host is this computer as other computers see it. Its id is a random one of the state
// folder, and not the system's: containers and virtual computers are copied with that.
// It is mixed with the computer's name, for whoever moves to a new computer takes the
// state folder along. Whoever has another one on the same computer, another user for
// one, is known to be here by the system's start.
func (a *app) host() store.Host {
	dir := a.stateFolder()
	if dir == "" {
		return store.Host{}
	}
	path := filepath.Join(dir, hostName)
	id, err := readHost(path)
	if err != nil {
		if makeHost(path) != nil {
			return store.Host{}
		}
		if id, err = readHost(path); err != nil {
			return store.Host{}
		}
	}
	name, _ := os.Hostname()
	sum := sha256.Sum256([]byte(id + "\n" + name))
	return store.Host{ID: hex.EncodeToString(sum[:16])}
}

func readHost(path string) (string, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("read %s: not a file", hostName)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, 64))
	if err != nil {
		return "", err
	}
	id := strings.TrimSpace(string(data))
	if !hostForm.MatchString(id) {
		return "", fmt.Errorf("read %s: it holds no id", hostName)
	}
	return id, nil
}

func makeHost(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails
	return replaceFile(path, []byte(hex.EncodeToString(id)+"\n"))
}

// tellHolder tells, for verbs that change a store, that they wait for another computer.
func (a *app) tellHolder(h store.Holder, long time.Duration) {
	fmt.Fprintln(a.stderr, "waiting: "+clean(agent.HolderWords(h, long)))
}
