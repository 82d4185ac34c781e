package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"homeport/agent/status"
)

// stand reads the picture at each scrape: nothing is kept that could be old.
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
	descTook     = describe("phone_last_backup_duration_seconds", "How long the run took that made it.", "phone")
	descVerified = describe("phone_oldest_verification_timestamp_seconds", "When the version that was not read for the longest time was last read, or made.", "phone")
)

// Describe implements prometheus.Collector.
func (s *stand) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descInfo, descStarted, descMux, descFree, descTotal, descThere, descPlugged, descState,
		descGood, descDue, descVersions, descDamaged, descBytes, descNew, descTook, descVerified} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (s *stand) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), snapshotLimit)
	defer cancel()
	now := s.snapshot(ctx)
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(descInfo, 1, now.Version)
	gauge(descStarted, seconds(now.Started))
	gauge(descMux, truth(now.Usbmuxd.There))
	for _, d := range now.Destinations {
		gauge(descThere, truth(d.There), d.Path)
		if d.Total > 0 {
			gauge(descFree, float64(d.Free), d.Path)
			gauge(descTotal, float64(d.Total), d.Path)
		}
	}
	for _, p := range now.Phones {
		s.phone(gauge, s.metrics.label(p.UDID, p.Name), p)
	}
}

func (s *stand) phone(gauge func(*prometheus.Desc, float64, ...string), name string, p status.Phone) {
	gauge(descPlugged, truth(p.Plugged), name)
	gauge(descState, 1, name, string(p.State))
	if p.LastGood != nil {
		gauge(descGood, seconds(*p.LastGood), name)
	}
	if p.NextDue != nil {
		gauge(descDue, seconds(*p.NextDue), name)
	}
	gauge(descVersions, float64(len(p.Versions)), name)
	damaged := 0
	var oldest time.Time
	for _, v := range p.Versions {
		if v.Damaged != "" {
			damaged++
		}
		if read := lastRead(v); oldest.IsZero() || read.Before(oldest) {
			oldest = read
		}
	}
	gauge(descDamaged, float64(damaged), name)
	if len(p.Versions) == 0 {
		return
	}
	gauge(descVerified, seconds(oldest), name)
	gauge(descBytes, float64(p.Versions[0].Bytes), name)
	gauge(descNew, float64(p.Versions[0].NewBytes), name)
	gauge(descTook, p.Versions[0].Seconds, name)
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
