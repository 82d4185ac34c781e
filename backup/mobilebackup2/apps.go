package mobilebackup2

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"time"

	"homeport/usbmux/plist"
)

// Installation proxy and SpringBoard services speak one property list per frame,
// with a length of four bytes, big-endian, before each.
const (
	maxReply = 16 << 20
	maxApps  = 5000
	maxIcon  = 1 << 20
	// replyTime is what one answer may take.
	replyTime = 15 * time.Second
)

// applications fills in what is installed, with receipts and icons, so that a
// restore knows what to fetch.
func (i *info) applications(ctx context.Context, r *run) {
	apps, err := installed(ctx, r)
	if err != nil {
		i.wrong("applications", err)
		return
	}
	var ids []string
	table := map[string]any{}
	icons, err := newAsker(ctx, r, serviceIcons)
	i.wrong("icons", err)
	if icons != nil {
		defer icons.close()
	}
	for _, app := range apps {
		id, ok := app["CFBundleIdentifier"].(string)
		if !ok {
			continue
		}
		ids = append(ids, id)
		// Only what came from the store has a receipt, and only that is listed.
		sinf, hasSinf := app["ApplicationSINF"].([]byte)
		meta, hasMeta := app["iTunesMetadata"].([]byte)
		if !hasSinf || !hasMeta {
			continue
		}
		entry := map[string]any{"ApplicationSINF": sinf, "iTunesMetadata": meta}
		if icon := icons.icon(id); icon != nil {
			entry["PlaceholderIcon"] = icon
		}
		table[id] = entry
	}
	if len(ids) == 0 {
		ids = []string{}
	}
	i.set("Installed Applications", ids)
	i.set("Applications", table)
}

// installed browses the applications that the person installed.
func installed(ctx context.Context, r *run) ([]map[string]any, error) {
	a, err := newAsker(ctx, r, serviceApps)
	if err != nil {
		return nil, err
	}
	defer a.close()
	err = a.send(map[string]any{
		"Command": "Browse",
		"ClientOptions": map[string]any{
			"ApplicationType":  "User",
			"ReturnAttributes": []string{"CFBundleIdentifier", "ApplicationSINF", "iTunesMetadata"},
		},
	})
	var apps []map[string]any
	for err == nil {
		var page struct {
			Status, Error string
			CurrentList   []map[string]any
		}
		if err = a.receive(&page); err != nil {
			break
		}
		if page.Error != "" {
			return nil, fmt.Errorf("browse applications: %s", clip(page.Error))
		}
		if apps = append(apps, page.CurrentList...); len(apps) > maxApps {
			return nil, fmt.Errorf("browse applications: more than %d", maxApps)
		}
		if page.Status == "Complete" {
			return apps, nil
		}
	}
	return nil, err
}

// asker is a connection to one of the two services.
type asker struct {
	conn net.Conn
	stop func() bool
}

func newAsker(ctx context.Context, r *run, service string) (*asker, error) {
	conn, err := r.job.Phone.Open(ctx, service)
	if err != nil {
		return nil, err
	}
	return &asker{conn, context.AfterFunc(ctx, func() { hangUp(conn) })}, nil
}

func (a *asker) close() {
	a.stop()
	hangUp(a.conn)
}

// icon fetches one icon, or nothing.
func (a *asker) icon(id string) []byte {
	if a == nil {
		return nil
	}
	if a.send(map[string]any{"command": "getIconPNGData", "bundleId": id}) != nil {
		return nil
	}
	var reply struct {
		PNG []byte `plist:"pngData"`
	}
	if a.receive(&reply) != nil || len(reply.PNG) > maxIcon {
		return nil
	}
	return reply.PNG
}

func (a *asker) send(v any) error {
	data, err := plist.MarshalXML(v)
	if err != nil {
		return err
	}
	if err := a.conn.SetDeadline(time.Now().Add(replyTime)); err != nil {
		return err
	}
	_, err = a.conn.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(data))), data...))
	return err
}

func (a *asker) receive(v any) error {
	if err := a.conn.SetDeadline(time.Now().Add(replyTime)); err != nil {
		return err
	}
	var head [4]byte
	if _, err := io.ReadFull(a.conn, head[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n == 0 || n > maxReply {
		return fmt.Errorf("answer of %d bytes", n)
	}
	data, err := io.ReadAll(io.LimitReader(a.conn, int64(n)))
	if err != nil {
		return err
	}
	if len(data) < int(n) {
		return io.ErrUnexpectedEOF
	}
	return plist.Unmarshal(data, v)
}
