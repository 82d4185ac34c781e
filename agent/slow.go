package agent

import (
	"fmt"
	"slices"
	"time"

	"homeport/backup"
	"homeport/backup/store"
	"homeport/cause"
)

// When a run counts as slow: under slowRate with slowBytes or more to receive, which is
// a third of what the slowest usual link does; or twice as long as the median of this
// phone's, and by slowExtra, for no more than twice the bytes.
const (
	slowRate  = 5e6     // bytes/s
	slowBytes = 1 << 30 // bytes
	slowExtra = 300     // s
	slowRuns  = 3       // earlier ones, for a median
)

// slowVersion says why the newest of these sound versions took long; nil if it did not.
func slowVersion(list []store.Version) *cause.Error {
	newest, usual := list[0], usualOf(list[1:], list[0].Full)
	return slow(newest.Took, newest.Took.Bytes, usual)
}

// usual is the median of a phone's earlier runs; zero when there are too few.
type usual struct {
	seconds float64
	bytes   float64
}

// usualOf finds the median of the runs that were full, or were not.
func usualOf(list []store.Version, full bool) usual {
	var seconds, bytes []float64
	for _, v := range list {
		if s := v.Took.Seconds(); s > 0 && v.Full == full && v.Sound() && len(seconds) < mostRuns {
			seconds, bytes = append(seconds, s), append(bytes, float64(v.Took.Bytes))
		}
	}
	if len(seconds) < slowRuns {
		return usual{}
	}
	slices.Sort(seconds)
	slices.Sort(bytes)
	return usual{quantile(seconds, 0.5), quantile(bytes, 0.5)}
}

// slow tells a run that takes, or took, long, and what holds it up most; nil for one
// that is as fast as it should be. expected is what it receives in all, in bytes.
func slow(t backup.Took, expected int64, u usual) *cause.Error {
	rate := 0.0
	if t.Receiving > 0 {
		rate = float64(t.Bytes) / t.Receiving
	}
	crawls := t.Receiving > 60 && rate < slowRate && expected >= slowBytes
	seconds := t.Seconds()
	long := u.seconds > 0 && seconds > 2*u.seconds && seconds > u.seconds+slowExtra && float64(expected) <= 2*u.bytes
	if !crawls && !long {
		return nil
	}
	ev := cause.Evidence{"speed": cause.Bytes(rate).String() + "/s", "seconds": cause.Seconds(seconds)}
	if u.seconds > 0 {
		ev["usual"] = cause.Seconds(u.seconds)
	}
	if part, share := holdUp(t); part != "" {
		ev["part"], ev["slowest"], ev["share"] = part, slowWords[part], share
	}
	return cause.New(cause.BackupSlow, ev, fmt.Errorf("%d bytes in %.0f s: phone %.0f s, link %.0f s, disk %.0f s",
		t.Bytes, t.Receiving, t.Phone, t.Link, t.Disk))
}

// slowWords name the parts to a person.
var slowWords = map[string]string{
	"phone": "the iPhone itself",
	"link":  "the cable and the port",
	"disk":  "the disk that takes the backup",
	"files": "a great number of small files",
}

// Small files cost a phone more than their bytes: under smallBody on average and with
// manyFiles or more of them, their number is what takes the time.
const (
	smallBody = 64 << 10
	manyFiles = 20_000
)

// holdUp names the part of a run that took most of its time, and its share in per cent.
func holdUp(t backup.Took) (part string, share int) {
	phone, link, disk := t.Phone+t.Waiting, t.Link, t.Disk+t.Finishing
	total := phone + link + disk
	if !(total > 0) {
		return "", 0
	}
	part, most := "phone", phone
	if disk > most {
		part, most = "disk", disk
	}
	if link > most {
		part, most = "link", link
		if !linkIsFull(t) {
			part = "phone" // it sends less than the cable would take
		}
	}
	if part == "phone" && t.Files >= manyFiles && t.Bytes/t.Files < smallBody {
		part = "files"
	}
	return part, int(100*most/total + 0.5)
}

// linkIsFull reports whether the bytes came as fast as such a link lets them: it carries
// no more than two thirds of its bits as data of ours, and half of that is near enough.
func linkIsFull(t backup.Took) bool {
	if t.LinkSpeed <= 0 {
		return true // nobody knows
	}
	return t.Link > 0 && float64(t.Bytes)/t.Link > float64(t.LinkSpeed)/8*2/3/2
}

// slowAfter is how long a run receives before it is called slow while it goes on.
const slowAfter = 2 * time.Minute

// tellSlow tells once that the run is slow, and why, while it goes on.
func (r *run) tellSlow(p backup.Progress, now time.Time) {
	if r.toldSlow || p.Phase != backup.PhaseReceiving || p.Percent < 1 || r.watch.in(p.Phase, now) < slowAfter {
		return
	}
	e := slow(r.took(), int64(float64(p.Bytes)*100/p.Percent), r.usual)
	if e == nil {
		return
	}
	r.toldSlow = true
	r.visit.tell(Event{Kind: Note, Run: r.id(), Cause: e.ID, Message: e.Sentence(), Error: NewFailure(e)})
}
