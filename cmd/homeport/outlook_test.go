package main

import (
	"encoding/json"
	"strings"
	"testing"

	"homeport/agent"
	"homeport/cause"
	"homeport/preflight"
)

func TestOutlookLines(t *testing.T) {
	t.Parallel()
	asks := []preflight.Finding{found("passcode", cause.Trust, preflight.Pass, "", cause.Evidence{"passcodeNeeded": true})}
	for name, tt := range map[string]struct {
		outcome agent.Outcome
		want    string
	}{
		"nobody knows": {agent.Outcome{Outlook: &agent.Outlook{First: true, Rough: true}}, ""},
		"not asked":    {agent.Outcome{Findings: asks}, ""},
		"the first": {agent.Outcome{Findings: asks, Outlook: &agent.Outlook{First: true, Rough: true, Bytes: 16e9, MostBytes: 64e9, Seconds: 500, MostSeconds: 5000}},
			"The first backup: 16 to 64 GB, in 8 to 84 min; that is a rough guess.|The iPhone will ask for its passcode at the start: have it ready."},
		"learned": {agent.Outcome{Outlook: &agent.Outlook{Runs: 5, Bytes: 900e6, MostBytes: 1.5e9, Seconds: 30, MostSeconds: 70}},
			"The next backup: 900 MB to 1.5 GB, in 30 to 70 s; as the last 5 were."},
		"one run": {agent.Outcome{Outlook: &agent.Outlook{Runs: 1, Bytes: 1e6, MostBytes: 1e6, Seconds: 0.2, MostSeconds: 0.4}},
			"The next backup: about 1 MB, in up to 1 s; as the last one was."},
		"slow": {agent.Outcome{Outlook: &agent.Outlook{Slow: cause.New(cause.BackupSlow, cause.Evidence{}, nil)}}, "The last one: *   (backup-slow)*"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := strings.Join(outlookLines(tt.outcome), "|")
			if begin, rest, open := strings.Cut(tt.want, "*"); open {
				if !strings.HasPrefix(got, begin) || !strings.Contains(got, strings.TrimSuffix(rest, "*")) {
					t.Errorf("got %q, want %q", got, tt.want)
				}
			} else if got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestTimeRange(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		least, most float64
		want        string
	}{{0.3, 0.9, "up to 1 s"}, {5, 5, "about 5 s"}, {20, 300, "up to 5 min"}, {120, 300, "2 to 5 min"}, {7200, 20_000, "2 to 6 h"}} {
		if got := timeRange(tt.least, tt.most); got != tt.want {
			t.Errorf("%v to %v: %q, want %q", tt.least, tt.most, got, tt.want)
		}
	}
}

func TestOutlookJSON(t *testing.T) {
	t.Parallel()
	o := outlookOf(agent.Outcome{Outlook: &agent.Outlook{Runs: 2, Bytes: 5, Slow: cause.New(cause.BackupSlow, nil, nil)}})
	b, err := json.Marshal(o)
	if err != nil || !strings.Contains(string(b), `"runs":2`) || !strings.Contains(string(b), `"slow":{"cause":"backup-slow"`) || !strings.Contains(string(b), `"passcode":false`) {
		t.Errorf("%s, %v", b, err)
	}
}
