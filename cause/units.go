package cause

import "maps"

// units are the kinds of figures that evidence holds, by name: JSON knows numbers only.
var units = map[string]func(float64) any{
	"age": seconds, "ago": seconds, "askedFor": seconds, "asleep": seconds, "away": seconds, "closedAfter": seconds, "could": seconds,
	"counterAge": seconds, "known": seconds, "oldAge": seconds, "seconds": seconds, "takes": seconds, "usual": seconds, "waited": seconds,
	"waitedFor": seconds,

	"bytes": bytes, "bytesBefore": bytes, "copy": bytes, "free": bytes, "have": bytes, "need": bytes, "ownFree": bytes, "received": bytes,
	"short": bytes, "upTo": bytes,

	"possible": bitRate, "speed": bitRate,
}

func seconds(n float64) any { return Seconds(n) }
func bytes(n float64) any   { return Bytes(n) }
func bitRate(n float64) any { return BitRate(n) }

// Measured is evidence that was read back from JSON, its figures with their units again,
// so that sentences and steps say "13.1 GB" as they did at first. What is no number stays.
func Measured(ev Evidence) Evidence {
	ev = maps.Clone(ev)
	for name, value := range ev {
		if n, ok := value.(float64); ok && units[name] != nil {
			ev[name] = units[name](n)
		}
	}
	return ev
}
