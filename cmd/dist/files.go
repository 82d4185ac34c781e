package main

import (
	"context"
	"os"
	"path"
	"slices"
	"strings"

	"homeport/configs/service"
)

// file is one file of an archive, under a path with slashes.
type file struct {
	name string
	data []byte
	mode os.FileMode
}

func byName(a, b file) int { return strings.Compare(a.name, b.name) }

// common is what every archive has besides the program.
type common struct {
	man         []file
	completions map[string][]byte
	docs        []file // README.md, LICENSE, the folder docs
	settings    []byte // the sample
	monitoring  []file // dashboards and alert rules
}

func (r release) shared(ctx context.Context) (c common, err error) {
	dir, err := os.MkdirTemp("", "homeport-dist-")
	if err != nil {
		return c, err
	}
	defer os.RemoveAll(dir)
	program, err := helper(ctx, dir, r.version)
	if err != nil {
		return c, err
	}
	if c.man, err = manPages(ctx, program, path.Join(dir, "man"), r.when.Unix()); err != nil {
		return c, err
	}
	if c.completions, err = completions(ctx, program); err != nil {
		return c, err
	}
	if c.settings, err = os.ReadFile("configs/default.yaml"); err != nil {
		return c, err
	}
	if c.monitoring, err = readAll("configs/monitoring"); err != nil {
		return c, err
	}
	c.docs, err = docs()
	return c, err
}

func docs() ([]file, error) {
	list, err := readAll("docs")
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].name = "docs/" + list[i].name
	}
	for _, name := range []string{"LICENSE", "README.md"} {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		list = append(list, file{name, data, 0o644})
	}
	return list, nil
}

// archiveFiles are the files of the archive of a target.
func archiveFiles(t target, program []byte, c common) ([]file, error) {
	files := append([]file{{t.program(), program, 0o755}, {"config.yaml", c.settings, 0o644}}, c.docs...)
	for _, f := range c.man {
		files = append(files, file{"man/man1/" + f.name, f.data, 0o644})
	}
	for shell, data := range c.completions {
		files = append(files, file{"completions/" + shell + "/" + shells[shell], data, 0o644})
	}
	for _, f := range c.monitoring {
		files = append(files, file{"monitoring/" + f.name, f.data, 0o644})
	}
	start, err := startedBy(t)
	if err != nil {
		return nil, err
	}
	files = append(files, start)
	slices.SortFunc(files, byName)
	return files, nil
}

// startedBy is what the system starts Homeport by, for those who do it by hand:
// homeport service install writes its own, with the paths of the computer.
func startedBy(t target) (file, error) {
	spec := service.Spec{Program: "/usr/local/bin/homeport", Args: []string{"service", "run"}}
	name, write := "service/"+service.UnitName, service.Unit
	switch t.os {
	case "darwin":
		spec.Errors = "/tmp/homeport.err"
		name, write = "service/"+service.Label+".plist", service.LaunchAgent
	case "windows":
		spec.Program, spec.User = `C:\Program Files\Homeport\homeport.exe`, `COMPUTER\USER`
		name, write = "service/"+service.TaskName+".xml", service.Task
	}
	data, err := write(spec)
	return file{name, data, 0o644}, err
}
