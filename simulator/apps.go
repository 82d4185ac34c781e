package simulator

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"net"

	"howett.net/plist"
)

// app is one program on the phone that a person installed.
type app struct{ id, name string }

// apps are the same on every phone.
func apps() []app {
	return []app{
		{"com.example.notebook", "Notebook"}, {"com.example.weather", "Weather"}, {"com.example.chat", "Chat"}, {"org.example.maps", "Maps"},
	}
}

// record is what installation_proxy tells about an app.
func (a app) record(identity string) map[string]any {
	metadata, err := plist.Marshal(map[string]any{"itemName": a.name, "softwareVersionBundleId": a.id, "bundleShortVersionString": "1.0"}, plist.BinaryFormat)
	if err != nil {
		metadata = nil
	}
	return map[string]any{
		"CFBundleIdentifier": a.id, "CFBundleDisplayName": a.name, "CFBundleName": a.name, "CFBundleVersion": "1",
		"CFBundleShortVersionString": "1.0", "ApplicationType": "User", "ApplicationSINF": seeded(64, identity, a.id), "iTunesMetadata": metadata,
	}
}

// only keeps the attributes that the host asked for; none asked means all.
func only(record map[string]any, wanted any) map[string]any {
	names, ok := wanted.([]any)
	if !ok {
		return record
	}
	out := map[string]any{}
	for _, name := range names {
		if key, ok := name.(string); ok && record[key] != nil {
			out[key] = record[key]
		}
	}
	return out
}

// serveInstall answers installation_proxy's Browse and Lookup.
func (p *Phone) serveInstall(_ context.Context, conn net.Conn) error {
	return eachRequest(conn, func(request map[string]any) []map[string]any {
		options, _ := request["ClientOptions"].(map[string]any)
		list, found := []any{}, map[string]any{}
		if kind := text(options, "ApplicationType"); kind == "" || kind == "User" || kind == "Any" {
			for _, each := range apps() {
				record := only(each.record(p.spec.identity()), options["ReturnAttributes"])
				list = append(list, record)
				found[each.id] = record
			}
		}
		complete := map[string]any{"Status": "Complete"}
		switch text(request, "Command") {
		case "Browse":
			page := map[string]any{"Status": "BrowsingApplications", "CurrentIndex": 0, "CurrentAmount": len(list), "CurrentList": list}
			return []map[string]any{page, complete}
		case "Lookup":
			complete["LookupResult"] = chosen(found, options["BundleIDs"])
			return []map[string]any{complete}
		default:
			return []map[string]any{{"Error": "UnknownCommand"}}
		}
	})
}

func chosen(found map[string]any, ids any) map[string]any {
	list, ok := ids.([]any)
	if !ok {
		return found
	}
	out := map[string]any{}
	for _, id := range list {
		if key, ok := id.(string); ok && found[key] != nil {
			out[key] = found[key]
		}
	}
	return out
}

// serveSpringboard answers springboardservices' getIconPNGData.
func (p *Phone) serveSpringboard(_ context.Context, conn net.Conn) error {
	return eachRequest(conn, func(request map[string]any) []map[string]any {
		if text(request, "command") != "getIconPNGData" {
			return []map[string]any{{"Error": "UnknownCommand"}}
		}
		return []map[string]any{{"pngData": icon(p.spec.identity() + text(request, "bundleId"))}}
	})
}

// icon is a plain square whose colour depends on the app.
func icon(identity string) []byte {
	rgb := seeded(3, identity, "icon")
	picture := image.NewPaletted(image.Rect(0, 0, 60, 60), color.Palette{color.RGBA{rgb[0], rgb[1], rgb[2], 0xff}})
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		return nil
	}
	return out.Bytes()
}

// eachRequest answers the requests of one connection until the host goes.
func eachRequest(conn net.Conn, answer func(map[string]any) []map[string]any) error {
	for {
		request, err := readPlist(conn)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, reply := range answer(request) {
			if err := writePlist(conn, reply); err != nil {
				return err
			}
		}
	}
}
