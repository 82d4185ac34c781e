package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"homeport/simulator"
)

// TestMonitoring has Prometheus' own programs, from the folder HOMEPORT_TEST_MONITORING, read
// what a daemon tells after a good backup and a failed one: the linters, node_exporter with
// the textfile, and each expression of the dashboard and of the alert rules.
func TestMonitoring(t *testing.T) {
	tools := os.Getenv("HOMEPORT_TEST_MONITORING")
	if tools == "" {
		t.Skip("set HOMEPORT_TEST_MONITORING to a folder with promtool, prometheus and prometheus-node-exporter, or: make monitoring")
	}
	w := &watchers{t: t, tools: tools, dir: t.TempDir()}
	w.promtool(nil, "check", "rules", monitoringFile("homeport.rules.yml"))
	w.promtool(nil, "test", "rules", monitoringFile("homeport.rules.test.yml"))

	specs := phoneSpecs(2, 60, 1<<20)
	specs[1].Name = "Ben's \x1b[31m\"<iPhone>\"\\ {}\n"
	specs[1].Passcode = simulator.Passcode{Mode: simulator.PasscodeRefuse}
	sim := startPhones(t, specs)
	textfile := filepath.Join(w.dir, "homeport.prom")
	t.Setenv("HOMEPORT_METRICS_TEXTFILE", textfile)
	k := keepRunning(t, sim.Addr())
	defer k.stop()
	ends := map[string]bool{}
	for _, p := range sim.Phones() {
		p.Attach()
	}
	until(t, "a good backup and a failed one", func() bool {
		ends[(<-k.events).Event] = true
		return ends["finished"] && ends["failed"]
	})
	scraped := w.get("http://" + k.scrape + "/metrics")
	w.promtool(scraped, "check", "metrics")
	if info, err := os.Stat(textfile); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("the file of metrics: %v, %v", info, err)
	}

	node, said := w.nodeExporter()
	until(t, "node_exporter tells of the runs", func() bool {
		return bytes.Contains(w.get("http://"+node+"/metrics"), []byte(`outcome="failed"`))
	})
	if text := said(); strings.Contains(text, "level=error") {
		t.Errorf("node_exporter: %s", text)
	}
	w.evaluate(w.startPrometheus(k.scrape, node))
}

func monitoringFile(name string) string {
	return filepath.Join("..", "..", "configs", "monitoring", name)
}

// watchers are Prometheus' programs.
type watchers struct {
	t          *testing.T
	tools, dir string
}

// start starts one of them for as long as the test; said is what it has written so far.
func (w *watchers) start(name string, args ...string) (said func() string) {
	w.t.Helper()
	file, err := os.Create(filepath.Join(w.dir, name+".log"))
	must(w.t, err)
	cmd := exec.Command(filepath.Join(w.tools, name), args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = w.dir, file, file
	must(w.t, cmd.Start())
	said = func() string {
		data, err := os.ReadFile(file.Name())
		must(w.t, err)
		return string(data)
	}
	w.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = file.Close()
		if w.t.Failed() {
			w.t.Logf("%s: %s", name, said())
		}
	})
	return said
}

func (w *watchers) promtool(input []byte, args ...string) {
	w.t.Helper()
	cmd := exec.Command(filepath.Join(w.tools, "promtool"), args...)
	cmd.Stdin = bytes.NewReader(input)
	if out, err := cmd.CombinedOutput(); err != nil || len(input) > 0 && len(out) > 0 {
		w.t.Errorf("promtool %q: %v\n%s", args, err, out)
	}
}

// get is what an address answers; nil while nobody does.
func (w *watchers) get(address string) []byte {
	res, err := http.Get(address)
	if err != nil {
		return nil
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		return nil
	}
	return body
}

func (w *watchers) nodeExporter() (address string, said func() string) {
	address = freeAddress(w.t)
	return address, w.start("prometheus-node-exporter", "--web.listen-address="+address, "--collector.disable-defaults",
		"--collector.textfile", "--collector.textfile.directory="+w.dir)
}

// startPrometheus has one scrape addresses each second, with the alert rules.
func (w *watchers) startPrometheus(scraped ...string) (address string) {
	w.t.Helper()
	address = freeAddress(w.t)
	rules, err := filepath.Abs(monitoringFile("homeport.rules.yml"))
	must(w.t, err)
	settings, err := yaml.Marshal(map[string]any{
		"global":         map[string]any{"scrape_interval": "1s", "evaluation_interval": "1s"},
		"rule_files":     []string{rules},
		"scrape_configs": []any{map[string]any{"job_name": "homeport", "static_configs": []any{map[string]any{"targets": scraped}}}},
	})
	must(w.t, err)
	file := filepath.Join(w.dir, "prometheus.yml")
	must(w.t, os.WriteFile(file, settings, 0o600))
	w.start("prometheus", "--config.file="+file, "--storage.tsdb.path="+filepath.Join(w.dir, "tsdb"), "--web.listen-address="+address)
	until(w.t, "Prometheus has both", func() bool { return w.ask(address, "count(homeport_info) == 2") > 0 })
	return address
}

// ask is how many series an expression has now; -1 when it cannot be asked.
func (w *watchers) ask(address, expression string) int {
	var answer struct {
		Status string
		Data   struct{ Result []any }
	}
	body := w.get("http://" + address + "/api/v1/query?query=" + url.QueryEscape(expression))
	if json.Unmarshal(body, &answer) != nil || answer.Status != "success" {
		return -1
	}
	return len(answer.Data.Result)
}

// evaluate asks each expression of the dashboard, which must have an answer, and of the
// rules, which must not when nothing is wrong.
func (w *watchers) evaluate(address string) {
	w.t.Helper()
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	data, err := os.ReadFile(monitoringFile("grafana-dashboard.json"))
	must(w.t, err)
	must(w.t, json.Unmarshal(data, &board))
	fill := strings.NewReplacer("$phone", ".*", "$__range", "1h")
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			until(w.t, fmt.Sprintf("%s: an answer to %s", p.Title, target.Expr), func() bool {
				n := w.ask(address, fill.Replace(target.Expr))
				// A counter that was there from the first scrape has not increased.
				return n > 0 || n == 0 && strings.HasSuffix(target.Expr, "> 0")
			})
		}
	}
	var rules struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	data, err = os.ReadFile(monitoringFile("homeport.rules.yml"))
	must(w.t, err)
	must(w.t, yaml.Unmarshal(data, &rules))
	for _, r := range rules.Groups[0].Rules {
		want := 0
		if r.Alert == "HomeportBackupNever" {
			want = 2 // Ben's phone, seen by both; it would be told in two days
		}
		if n := w.ask(address, r.Expr); n != want {
			w.t.Errorf("%s: %d, want %d", r.Alert, n, want)
		}
	}
}
