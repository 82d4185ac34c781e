package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// goCommand is a call of the Go tool for a target, with nothing of this computer's
// settings that changes what comes out.
func goCommand(ctx context.Context, t target, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=", "GOOS="+t.os, "GOARCH="+t.arch)
	cmd.Stderr = os.Stderr
	return cmd
}

// compile builds the program. Without -buildvcs and a build id, which tell where and
// from what state of a folder it was built, it is the same everywhere.
func compile(ctx context.Context, t target, version string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "homeport-dist-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, t.program())
	cmd := goCommand(ctx, t, "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -buildid= -X main.version="+version, "-o", path, "./cmd/homeport")
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("build for %s/%s: %w", t.os, t.arch, err)
	}
	return os.ReadFile(path)
}

func (t target) program() string {
	if t.os == "windows" {
		return "homeport.exe"
	}
	return "homeport"
}

// here is the target of the computer that builds.
func here(ctx context.Context) (target, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOHOSTOS", "GOHOSTARCH").Output()
	parts := strings.Fields(string(out))
	if err != nil || len(parts) != 2 {
		return target{}, fmt.Errorf("ask go for this system: %q, %w", out, err)
	}
	return target{parts[0], parts[1]}, nil
}

// helper is the program built for this computer with the verb that writes manual pages.
func helper(ctx context.Context, dir, version string) (string, error) {
	t, err := here(ctx)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, t.program())
	cmd := goCommand(ctx, t, "build", "-tags", "manpages", "-ldflags", "-X main.version="+version, "-o", path, "./cmd/homeport")
	return path, cmd.Run()
}

// manPages are the manual pages, one for each verb, as files of one folder.
func manPages(ctx context.Context, program, dir string, epoch int64) ([]file, error) {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, program, "manpages", dir)
	cmd.Env = append(os.Environ(), "SOURCE_DATE_EPOCH="+strconv.FormatInt(epoch, 10))
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("write manual pages: %w: %s", err, out)
	}
	return readAll(dir)
}

// shells are those that completions are written for, with the name that each shell's
// own packages give such a file.
var shells = map[string]string{"bash": "homeport", "zsh": "_homeport", "fish": "homeport.fish", "powershell": "homeport.ps1"}

// completions are the scripts by which shells complete command lines.
func completions(ctx context.Context, program string) (map[string][]byte, error) {
	made := map[string][]byte{}
	for shell := range shells {
		var out bytes.Buffer
		cmd := exec.CommandContext(ctx, program, "completion", shell)
		cmd.Stdout, cmd.Stderr = &out, os.Stderr
		if err := cmd.Run(); err != nil {
			return nil, fmt.Errorf("write completions for %s: %w", shell, err)
		}
		made[shell] = out.Bytes()
	}
	return made, nil
}

// readAll reads the files of a folder, sorted.
func readAll(dir string) ([]file, error) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var files []file
	for _, e := range list {
		if e.IsDir() {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		files = append(files, file{e.Name(), data, 0o644})
	}
	slices.SortFunc(files, byName)
	return files, nil
}
