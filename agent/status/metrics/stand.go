package metrics

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"homeport/agent/status"
)

// picture answers how everything stands; it must not wait for a drive or a phone.
type picture func(context.Context) status.Snapshot

// stand reads the picture at each scrape, and tells what was counted.
type stand struct {
	metrics  *Metrics
	snapshot picture
}

// snapshotLimit is how long a scrape waits for the picture.
const snapshotLimit = 5 * time.Second

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("homeport_"+name, help, labels, nil)
}

var (
	descInfo    = describe("info", "The version that runs.", "version")
	descStarted = describe("start_timestamp_seconds", "When the program was started.")
	descRead    = describe("snapshot_timestamp_seconds", "When these figures were read: a file may be old.")
	descMux     = describe("usbmuxd_up", "Whether the service through which phones are reached answers. On Linux it is away while no phone is there.")

	descFree  = describe("destination_free_bytes", "Free bytes of a drive that takes backups.", "destination")
	descTotal = describe("destination_size_bytes", "Size of a drive that takes backups.", "destination")
	descThere = describe("destination_up", "Whether a folder that takes backups can be read.", "destination")

	descPlugged  = describe("phone_plugged_in", "Whether a phone is plugged in.", "phone")
	descState    = describe("phone_state", "How a phone stands: 1 for its state.", "phone", "state")
	descGood     = describe("phone_last_success_timestamp_seconds", "When the newest good backup of a phone was finished.", "phone")
	descDue      = describe("phone_next_due_timestamp_seconds", "From when on a phone is backed up again by itself.", "phone")
	descVersions = describe("phone_versions", "How many versions a phone has.", "phone")
	descDamaged  = describe("phone_damaged_versions", "How many of them are damaged.", "phone")
	descBytes    = describe("phone_last_backup_bytes", "Size of the newest version.", "phone")
	descNew      = describe("phone_last_backup_new_bytes", "What was new in it.", "phone")
	descTook     = describe("phone_last_backup_duration_seconds", "How long the run took that made it, without waiting for a person.", "phone")
	descFailing  = describe("phone_failed_runs_in_a_row", "How many runs have failed since the last good one.", "phone")
	descVerified = describe("phone_oldest_verification_timestamp_seconds", "When the version that was not read for the longest time was last read, or made.", "phone")

	descRuns     = describe("runs_total", "Runs that ended, by outcome and cause; the cause is empty for a good one.", "phone", "outcome", "cause")
	descReceived = describe("received_bytes_total", "Bytes that phones sent in runs that ended.", "phone")
	descPhases   = describe("run_phase_seconds_total", "Time that runs spent in each phase.", "phone", "phase")
	descSeconds  = describe("run_duration_seconds", "How long runs took.", "phone", "outcome")
	descLastRun  = describe("last_run_timestamp_seconds", "When a run last ended.", "phone", "outcome")
)

// Describe implements prometheus.Collector.
func (s *stand) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descInfo, descStarted, descRead, descMux, descFree, descTotal, descThere, descPlugged, descState,
		descGood, descDue, descVersions, descDamaged, descBytes, descNew, descTook, descFailing, descVerified,
		descRuns, descReceived, descPhases, descSeconds, descLastRun} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (s *stand) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), snapshotLimit)
	defer cancel()
	now := s.snapshot(ctx)
	s.metrics.remember(ctx)
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(descInfo, 1, now.Version)
	gauge(descStarted, seconds(now.Started))
	gauge(descRead, seconds(time.Now()))
	gauge(descMux, truth(now.Usbmuxd.There))
	there := map[string]bool{}
	for _, d := range now.Destinations {
		there[d.Path] = d.There
		label := place(d.Path)
		gauge(descThere, truth(d.There), label)
		if d.Total > 0 {
			gauge(descFree, float64(d.Free), label)
			gauge(descTotal, float64(d.Total), label)
		}
	}
	s.metrics.mu.Lock()
	defer s.metrics.mu.Unlock()
	s.metrics.label(now.Phones)
	for _, p := range now.Phones {
		label := s.metrics.names.of(p.UDID, p.Name)
		standing(gauge, label, p)
		if there[p.Destination] { // else nobody knows now
			versions(gauge, label, p.Versions)
		}
		if t := s.metrics.tallies[status.FoldUDID(p.UDID)]; t != nil {
			gauge(descFailing, float64(t.failing), label)
		} else {
			gauge(descFailing, 0, label)
		}
	}
	for _, t := range inOrder(s.metrics.tallies) {
		t.tell(ch, s.metrics.names.of(t.udid, ""))
	}
}

// label gives the phones of a picture, and those that were counted, their labels, in the
// order of their UDIDs: that of the picture is another each time. m.mu is held.
func (m *Metrics) label(phones []status.Phone) {
	byUDID := slices.SortedFunc(slices.Values(phones), func(x, y status.Phone) int { return cmp.Compare(x.UDID, y.UDID) })
	for _, p := range byUDID {
		m.names.of(p.UDID, p.Name)
	}
	for _, t := range inOrder(m.tallies) {
		if _, known := m.names[status.FoldUDID(t.udid)]; !known {
			m.names.of(t.udid, t.name)
		}
	}
}

func standing(gauge func(*prometheus.Desc, float64, ...string), name string, p status.Phone) {
	gauge(descPlugged, truth(p.Plugged), name)
	gauge(descState, 1, name, string(p.State))
	if p.LastGood != nil {
		gauge(descGood, seconds(*p.LastGood), name)
	}
	if p.NextDue != nil {
		gauge(descDue, seconds(*p.NextDue), name)
	}
}

func versions(gauge func(*prometheus.Desc, float64, ...string), name string, list []status.Version) {
	gauge(descVersions, float64(len(list)), name)
	damaged := 0
	var oldest time.Time
	for _, v := range list {
		if v.Damaged != "" {
			damaged++
		}
		if read := lastRead(v); oldest.IsZero() || read.Before(oldest) {
			oldest = read
		}
	}
	gauge(descDamaged, float64(damaged), name)
	if len(list) == 0 {
		return
	}
	gauge(descVerified, seconds(oldest), name)
	gauge(descBytes, float64(list[0].Bytes), name)
	gauge(descNew, float64(list[0].NewBytes), name)
	gauge(descTook, list[0].Seconds, name)
}

// lastRead is when every byte of a version was last seen: it was hashed as it was made.
func lastRead(v status.Version) time.Time {
	if v.Verified != nil {
		return *v.Verified
	}
	return v.Finished
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
