package configs

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// metricName finds the metrics that a query names.
var metricName = regexp.MustCompile(`homeport_[a-z_]+`)

// told are the metrics that docs/monitoring.md explains; a table row may end a name
// with "..._x" for others of its beginning.
func told(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../docs/monitoring.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// queries are the expressions of the dashboard and of the alert rules.
func queries(t *testing.T) []string {
	t.Helper()
	var rules struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	data, err := os.ReadFile("monitoring/homeport.rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(data, &rules); err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			if r.Alert == "" || r.Annotations["summary"] == "" || r.Annotations["description"] == "" || r.Labels["severity"] == "" {
				t.Errorf("the rule %q is not complete", r.Alert)
			}
			list = append(list, r.Expr)
		}
	}
	var board struct {
		Panels []struct {
			ID      int
			Title   string
			Targets []struct{ Expr string }
			GridPos struct{ X, Y, W, H int }
		}
	}
	if data, err = os.ReadFile("monitoring/grafana-dashboard.json"); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &board); err != nil {
		t.Fatal(err)
	}
	ids := map[int]bool{}
	for _, p := range board.Panels {
		if ids[p.ID] || p.Title == "" || len(p.Targets) == 0 || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("panel %d (%s) is not complete", p.ID, p.Title)
		}
		ids[p.ID] = true
		for _, target := range p.Targets {
			list = append(list, target.Expr)
		}
	}
	return list
}

// TestMonitoringNamesWhatThereIs holds the dashboard and the rules against the metrics
// that the page explains.
func TestMonitoringNamesWhatThereIs(t *testing.T) {
	t.Parallel()
	page := told(t)
	list := queries(t)
	if len(list) < 15 {
		t.Errorf("%d queries", len(list))
	}
	for _, q := range list {
		names := metricName.FindAllString(q, -1)
		if len(names) == 0 {
			t.Errorf("%s names no metric", q)
		}
		for _, n := range names {
			short := strings.TrimSuffix(strings.TrimSuffix(n, "_new_bytes"), "_duration_seconds")
			if !strings.Contains(page, n) && !strings.Contains(page, short+"_bytes") && !strings.Contains(page, strings.TrimSuffix(n, "_size_bytes")+"_free_bytes") {
				t.Errorf("docs/monitoring.md does not know %s", n)
			}
		}
	}
}

// TestRulesAreRules asks Prometheus' own tool, where it is installed.
func TestRulesAreRules(t *testing.T) {
	t.Parallel()
	tool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed (Debian: prometheus)")
	}
	out, err := exec.Command(tool, "check", "rules", filepath.Join("monitoring", "homeport.rules.yml")).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
