package usbmux

import (
	"errors"
	"fmt"
	"math"

	"homeport/cause"
	"homeport/usbmux/plist"
)

// Connection is the way a link takes.
type Connection string

// The two ways that a usbmuxd knows.
const (
	USB     Connection = "USB"
	Network Connection = "Network"
)

// Link is one way to one phone, from its Attached until its Detached. A phone
// may have two: by cable and by network.
type Link struct {
	DeviceID   int    // usbmuxd's handle for this attachment, above 0; never reused while usbmuxd lives
	UDID       string // in canonical spelling
	Connection Connection
	// SpeedBitsPerSecond is the speed of the USB port as usbmuxd tells it; 0 when
	// it tells none.
	SpeedBitsPerSecond int64
	LocationID         uint32 // place on the USB bus; 0 when not told
	ProductID          uint32 // USB product id, 0x12A8 for an iPhone in normal mode; 0 when not told
}

// decodeLink reads one entry of a device list, or an Attached event:
//
//	{MessageType: "Attached", DeviceID: 5, Properties: {SerialNumber, ConnectionType, ...}}
//
// DeviceID, SerialNumber and ConnectionType must be right; the rest is for
// information, and a value of a wrong type counts as not told.
func decodeLink(entry any) (Link, error) {
	m, ok := entry.(map[string]any)
	if !ok {
		return Link{}, fmt.Errorf("read device entry: it is a %T", entry)
	}
	d := plist.Dict(m)
	p, ok := d.Dict("Properties")
	if !ok {
		return Link{}, errors.New("read device entry: no properties")
	}
	id, ok := d.Int("DeviceID")
	if !ok {
		id, ok = p.Int("DeviceID")
	}
	if !ok || id < 1 || id > math.MaxInt32 {
		return Link{}, errors.New("read device entry: no valid device id")
	}
	udid, _ := p.String("SerialNumber")
	if !ValidUDID(udid) {
		return Link{}, fmt.Errorf("read device entry %d: %q is no UDID", id, clip(udid))
	}
	kind, _ := p.String("ConnectionType")
	if kind != string(USB) && kind != string(Network) {
		return Link{}, fmt.Errorf("read device entry %d: unknown connection type %q", id, clip(kind))
	}
	return Link{
		DeviceID: int(id), UDID: CanonicalUDID(udid), Connection: Connection(kind),
		SpeedBitsPerSecond: within(p, "ConnectionSpeed", math.MaxInt64),
		LocationID:         uint32(within(p, "LocationID", math.MaxUint32)),
		ProductID:          uint32(within(p, "ProductID", math.MaxUint16)),
	}, nil
}

// within returns an integer of 0 to most, or 0.
func within(d plist.Dict, key string, most int64) int64 {
	n, _ := d.Int(key)
	if n < 0 || n > most {
		return 0
	}
	return n
}

// decodeLinks reads a device list. Each entry stands alone: what cannot be read,
// and a second entry with the same DeviceID, is an error of its own and hides no
// other phone.
func decodeLinks(reply plist.Dict) (links []Link, bad []error, err error) {
	list, ok := reply.Array("DeviceList")
	if !ok {
		return nil, nil, cause.New(cause.ProtocolError, layerEvidence(), errors.New("list devices: the reply holds no device list"))
	}
	seen := make(map[int]bool, len(list))
	for _, entry := range list {
		link, err := decodeLink(entry)
		if err == nil && seen[link.DeviceID] {
			err = fmt.Errorf("read device entry %d: listed twice", link.DeviceID)
		}
		if err != nil {
			bad = append(bad, err)
			continue
		}
		seen[link.DeviceID] = true
		links = append(links, link)
	}
	return links, bad, nil
}

// layerEvidence says whose answer was not understood.
func layerEvidence() cause.Evidence {
	return cause.Evidence{"layer": "usbmuxd", "who": "the program that talks to iPhones"}
}
