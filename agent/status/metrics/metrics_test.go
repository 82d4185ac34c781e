package metrics

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"homeport/agent/history"
	"homeport/agent/status"
	"homeport/cause"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	annaUDID = "00008120-000A1B2C3D4E5F60"
	benUDID  = "00008120-000B1B2C3D4E5F60"
	carlUDID = "00008120-000C1B2C3D4E5F60"
)

var moment = time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)

func picture2(context.Context) status.Snapshot {
	read := moment.Add(-48 * time.Hour)
	return status.Snapshot{
		Version: "1.2.3", Started: moment, Usbmuxd: status.Usbmuxd{There: true},
		Destinations: []status.Destination{{Path: "/backups", There: true, Free: 400, Total: 1000}, {Path: "/gone"}, {Path: "/not \xff UTF-8"}},
		Phones: []status.Phone{
			{UDID: annaUDID, Name: "iPhone", Plugged: true, Destination: "/backups", State: status.OK, LastGood: &moment, NextDue: &moment, Versions: []status.Version{
				{ID: "2", Finished: moment, Bytes: 100, NewBytes: 7, Seconds: 60},
				{ID: "1", Finished: moment.Add(-96 * time.Hour), Bytes: 90, NewBytes: 90, Verified: &read, Damaged: "x"},
			}},
			{UDID: benUDID, Name: "iPhone", State: status.Away, Destination: "/backups"},
			{UDID: carlUDID, Name: "Carl's", State: status.Away, Destination: "/gone", LastGood: &moment},
		},
	}
}

// TestGauges reads everything back as Prometheus does. Two phones have one name.
func TestGauges(t *testing.T) {
	t.Parallel()
	m := New(picture2, nil)
	got := scrape(t, m)
	for _, want := range []string{
		`homeport_info{version="1.2.3"} 1`,
		`homeport_phone_last_success_timestamp_seconds{phone="iPhone"} 1.7956008e+09`,
		`homeport_phone_oldest_verification_timestamp_seconds{phone="iPhone"} 1.795428e+09`,
		`homeport_phone_versions{phone="iPhone (2)"} 0`,
		`homeport_phone_versions{phone="iPhone"} 2`,
		`homeport_phone_damaged_versions{phone="iPhone"} 1`,
		`homeport_phone_state{phone="iPhone (2)",state="away"} 1`,
		`homeport_destination_free_bytes{destination="/backups"} 400`,
		`homeport_destination_up{destination="/gone"} 0`,
		`homeport_destination_up{destination="/not \\xff UTF-8"} 0`,
		`homeport_phone_last_success_timestamp_seconds{phone="Carl's"} 1.7956008e+09`,
	} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("%s is missing in\n%s", want, got)
		}
	}
	for _, secret := range []string{annaUDID, benUDID, `versions{phone="Carl's"}`, "free_bytes{destination=\"/gone\"}"} {
		if strings.Contains(got, secret) {
			t.Errorf("%s is told", secret)
		}
	}
	m.Ran(history.Run{UDID: annaUDID, Outcome: history.Failed, Phases: []history.Phase{{Phase: "receiving"}}, Ended: moment})
	problems, err := testutil.GatherAndLint(m.own)
	if err != nil || len(problems) > 0 {
		t.Errorf("promlint: %v, %v", problems, err)
	}
}

func TestRan(t *testing.T) {
	t.Parallel()
	m := New(func(context.Context) status.Snapshot { return status.Snapshot{} }, nil)
	good := history.Run{UDID: strings.ToLower(annaUDID), Name: "Anna's\n\"iPhone\"", Outcome: history.BackedUp, Ended: moment, Seconds: 90, Received: 500,
		Phases: []history.Phase{{Phase: "receiving", Seconds: 80}}}
	m.Ran(good)
	m.Ran(good)
	m.Ran(history.Run{UDID: annaUDID, Outcome: history.Failed, Cause: cause.HostDiskFull, Seconds: 1, Ended: moment})
	m.Ran(history.Run{UDID: annaUDID, Outcome: history.Skipped, Cause: cause.DeviceLocked, Seconds: 1})
	m.Ran(history.Run{UDID: annaUDID}) // under way
	got := scrape(t, m)
	for _, want := range []string{
		`homeport_runs_total{cause="",outcome="backed-up",phone="Anna's\"iPhone\""} 2`,
		`homeport_runs_total{cause="host-disk-full",outcome="failed",phone="Anna's\"iPhone\""} 1`,
		`homeport_received_bytes_total{phone="Anna's\"iPhone\""} 1000`,
		`homeport_run_phase_seconds_total{phase="receiving",phone="Anna's\"iPhone\""} 160`,
		`homeport_run_duration_seconds_count{outcome="backed-up",phone="Anna's\"iPhone\""} 2`,
		`homeport_last_run_timestamp_seconds{outcome="backed-up",phone="Anna's\"iPhone\""} 1.7956008e+09`,
	} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("%s is missing in\n%s", want, got)
		}
	}
	if strings.Contains(got, "skipped") {
		t.Error("a phone that was not tried is counted")
	}
}

// pastOf is a history, which can be read after some scrapes.
type pastOf struct {
	phones []history.Phone
	runs   []history.Run
	not    int
}

func (p *pastOf) Phones(context.Context) ([]history.Phone, error) {
	if p.not--; p.not >= 0 {
		return nil, errors.New("locked")
	}
	return p.phones, nil
}

func (p *pastOf) Ended(context.Context, time.Time) ([]history.Run, error) { return p.runs, nil }

// TestAfterARestart counts on from what an earlier program has done, under the name that a
// phone has now, and gives two phones of one name the same labels as before.
func TestAfterARestart(t *testing.T) {
	t.Parallel()
	failed := history.Run{UDID: benUDID, Name: "old name", Outcome: history.Failed, Cause: cause.HostDiskFull, Seconds: 5, Received: 7, Ended: moment.Add(-time.Hour)}
	good := history.Run{UDID: benUDID, Name: "older name", Outcome: history.BackedUp, Seconds: 20, Received: 100, Ended: moment, Phases: []history.Phase{{Phase: "moving", Seconds: 3}}}
	// Ben was first here, and Anna is first in the picture.
	past := &pastOf{not: 1, runs: []history.Run{failed, failed, good, failed, {UDID: benUDID, Outcome: history.Interrupted}},
		phones: []history.Phone{{UDID: annaUDID, Name: "iPhone", FirstSeen: moment}, {UDID: benUDID, Name: "iPhone", FirstSeen: moment.Add(-time.Hour)}}}
	m := New(picture2, past)
	m.Ran(failed)
	if got := scrape(t, m); !strings.Contains(got, `homeport_runs_total{cause="host-disk-full",outcome="failed",phone="iPhone (2)"} 1`) {
		t.Errorf("without the history:\n%s", got)
	}
	m = New(picture2, past)
	m.Ran(failed)
	for range 2 {
		got := scrape(t, m)
		for _, want := range []string{
			`homeport_runs_total{cause="host-disk-full",outcome="failed",phone="iPhone"} 4`,
			`homeport_runs_total{cause="",outcome="backed-up",phone="iPhone"} 1`,
			`homeport_runs_total{cause="",outcome="interrupted",phone="iPhone"} 1`,
			`homeport_received_bytes_total{phone="iPhone"} 128`,
			`homeport_run_phase_seconds_total{phase="moving",phone="iPhone"} 3`,
			`homeport_run_duration_seconds_bucket{outcome="failed",phone="iPhone",le="10"} 4`,
			`homeport_run_duration_seconds_bucket{outcome="backed-up",phone="iPhone",le="10"} 0`,
			`homeport_run_duration_seconds_bucket{outcome="backed-up",phone="iPhone",le="30"} 1`,
			`homeport_run_duration_seconds_sum{outcome="failed",phone="iPhone"} 20`,
			`homeport_last_run_timestamp_seconds{outcome="backed-up",phone="iPhone"} 1.7956008e+09`,
			`homeport_phone_failed_runs_in_a_row{phone="iPhone"} 2`,
			`homeport_phone_failed_runs_in_a_row{phone="iPhone (2)"} 0`,
			`homeport_phone_versions{phone="iPhone (2)"} 2`,
		} {
			if !strings.Contains(got, want+"\n") {
				t.Errorf("%s is missing in\n%s", want, got)
			}
		}
	}
	m.Ran(good)
	got := scrape(t, m)
	if !strings.Contains(got, `homeport_phone_failed_runs_in_a_row{phone="iPhone"} 0`) {
		t.Errorf("a good one mends nothing:\n%s", got)
	}
	if strings.Contains(got, `homeport_run_duration_seconds_count{outcome="interrupted"`) {
		t.Error("a run whose end nobody saw took a time")
	}
}

// TestRenamed has a phone that is called something else between two scrapes: what was
// counted goes with it.
func TestRenamed(t *testing.T) {
	t.Parallel()
	name := "Anna's"
	m := New(func(context.Context) status.Snapshot {
		return status.Snapshot{Phones: []status.Phone{{UDID: annaUDID, Name: name}}}
	}, nil)
	m.Ran(history.Run{UDID: annaUDID, Name: "Anna's", Outcome: history.BackedUp})
	for _, name = range []string{"Anna's", "Berta's", "Anna's"} {
		got := scrape(t, m)
		if !strings.Contains(got, `homeport_runs_total{cause="",outcome="backed-up",phone="`+name+`"} 1`) || strings.Count(got, "homeport_runs_total{") != 1 {
			t.Errorf("as %s:\n%s", name, got)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	n := names{}
	if got := n.of(annaUDID, ""); got != "iPhone without a name" {
		t.Error(got)
	}
	if got := n.of(annaUDID, "Anna\x1b[31m\u202e"); got != "Anna[31m" {
		t.Errorf("%q", got)
	}
	if got := n.of(strings.ToLower(annaUDID), ""); got != "Anna[31m" {
		t.Errorf("forgot a name: %q", got)
	}
	if got := n.of(benUDID, strings.Repeat("ä", 1000)); len([]rune(got)) != maxLabel {
		t.Errorf("%q", got)
	}
}

// scrape asks a listener as Prometheus does.
func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	l, err := m.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	code, body := ask(t, l.Addr(), "GET /metrics HTTP/1.0\r\nHost: "+l.Addr())
	if code != http.StatusOK {
		t.Fatalf("%d: %s", code, body)
	}
	return body
}

func TestListenerRefuses(t *testing.T) {
	t.Parallel()
	l, err := New(picture2, nil).Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, request := range []string{
		"GET /metrics HTTP/1.1\r\nHost: evil.example",
		"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1",
		"GET /metrics HTTP/1.1\r\nHost: " + l.Addr() + "\r\nOrigin: http://evil.example",
		"GET /metrics HTTP/1.1\r\nHost: " + l.Addr() + "\r\nCookie: a=b",
		"POST /metrics HTTP/1.1\r\nHost: " + l.Addr() + "\r\nContent-Length: 0",
		"GET / HTTP/1.1\r\nHost: " + l.Addr(),
		"GET /metrics/../metrics HTTP/1.1\r\nHost: evil.example:80",
	} {
		if code, body := ask(t, l.Addr(), request); code < 400 || strings.Contains(body, "homeport_") {
			t.Errorf("%q: %d", request, code)
		}
	}
	if _, err := New(picture2, nil).Listen("0.0.0.0:0"); err == nil {
		t.Error("it listens to everybody")
	}
}

func ask(t *testing.T, addr, request string) (int, string) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, request+"\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	var code int
	if _, rest, ok := strings.Cut(string(data), " "); ok && len(rest) > 3 {
		for _, d := range rest[:3] {
			code = code*10 + int(d-'0')
		}
	}
	return code, string(data)
}

func TestWriteFile(t *testing.T) {
	t.Parallel()
	m, dir := New(picture2, nil), t.TempDir()
	path := filepath.Join(dir, "homeport.prom")
	for range 2 {
		if err := m.WriteFile(path); err != nil {
			t.Fatal(err)
		}
	}
	if got := scrape(t, m); !strings.Contains(got, "\ngo_goroutines ") || !strings.Contains(got, "\nprocess_start_time_seconds ") {
		t.Errorf("the listener does not tell what the program needs:\n%s", got)
	}
	data, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(data), "homeport_usbmuxd_up 1\n") || strings.Contains(string(data), "\ngo_") || strings.Contains(string(data), "\nprocess_") {
		t.Errorf("%v: %s", err, data)
	}
	if list, _ := os.ReadDir(dir); len(list) != 1 {
		t.Errorf("it leaves %v", list)
	}
	for _, bad := range []string{filepath.Join(dir, "none", "a.prom"), filepath.Join(dir, "a.txt"), dir} {
		if err := m.WriteFile(bad); err == nil || !strings.Contains(err.Error()+" ", bad+" ") && !strings.Contains(err.Error(), bad+":") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
