package agent

import "time"

// meter turns a growing byte count into a recent speed and a time left. Its
// window is long enough that a pause between two batches does not show as zero.
type meter struct {
	samples []sample
}

type sample struct {
	at      time.Time
	bytes   int64
	percent float64
}

const meterWindow = 10 * time.Second

// add takes a sample and drops those older than the window.
func (m *meter) add(at time.Time, bytes int64, percent float64) {
	m.samples = append(m.samples, sample{at, bytes, percent})
	for len(m.samples) > 2 && at.Sub(m.samples[0].at) > meterWindow {
		m.samples = m.samples[1:]
	}
}

// rate gives bytes per second over the window, 0 while unknown.
func (m *meter) rate() float64 {
	if len(m.samples) < 2 {
		return 0
	}
	first, last := m.samples[0], m.samples[len(m.samples)-1]
	seconds := last.at.Sub(first.at).Seconds()
	if seconds < 0.5 {
		return 0
	}
	return float64(last.bytes-first.bytes) / seconds
}

// left estimates the time to 100 %. The phone tells no total, so before 5 % the
// percentage says too little and the answer is 0.
func (m *meter) left() time.Duration {
	if len(m.samples) < 2 {
		return 0
	}
	first, last := m.samples[0], m.samples[len(m.samples)-1]
	gained := last.percent - first.percent
	if last.percent < 5 || gained <= 0 {
		return 0
	}
	perPoint := last.at.Sub(first.at).Seconds() / gained
	return time.Duration(perPoint * (100 - last.percent) * float64(time.Second))
}
