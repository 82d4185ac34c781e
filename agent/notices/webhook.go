package notices

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
)

// Webhook sends an event to an address: a JSON object by POST, with the content type
// application/json. It is the object that `homeport run --json` prints, with
//
//	"sentence", "remedy"   what is wrong, in words, and what helps, where there is something
//	"dropped"              how many events before this one could not be sent, if any
//
// and without what names the phone to strangers: its UDID is replaced everywhere by an id that
// is the same for all events of one phone (the first 12 hex digits of its SHA-256), and the path
// of the backup and what a command of the settings printed are left out. The phone's name, model and iOS are in it. event must encode as a
// JSON object. An answer of 200 to 299 is taken for success; else it is sent again some times.
func (o *Outbox) Webhook(address string, event any, udid, sentence string, remedy []string) error {
	plain, err := payload(event, udid)
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	if sentence != "" {
		plain["sentence"], plain["remedy"] = sentence, remedy
	}
	o.put(letter{what: "webhook", send: func(ctx context.Context, dropped int) error {
		full := plain
		if dropped > 0 {
			full = maps.Clone(plain)
			full["dropped"] = dropped
		}
		body, err := encode(full)
		if err != nil {
			return err
		}
		return post(ctx, address, "application/json", body)
	}})
	return nil
}

// Post sends one event at once, and once, as Webhook does.
func Post(ctx context.Context, address string, event any) error {
	defer client.CloseIdleConnections()
	body, err := encode(event)
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	return post(ctx, address, "application/json", body)
}

// payload is an event as an object, without its UDID.
func payload(event any, udid string) (map[string]any, error) {
	text, err := encode(event)
	if err != nil {
		return nil, err
	}
	for _, form := range forms(udid) {
		text = bytes.ReplaceAll(text, []byte(form), []byte(PhoneID(udid)))
	}
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		return nil, err
	}
	if phone, ok := object["phone"].(map[string]any); ok {
		phone["id"] = PhoneID(udid)
		delete(phone, "udid")
	}
	if result, ok := object["result"].(map[string]any); ok {
		delete(result, "path")
	}
	if failure, ok := object["error"].(map[string]any); ok {
		if evidence, ok := failure["evidence"].(map[string]any); ok {
			delete(evidence, "output") // what a command printed is for the log of this computer
		}
	}
	return object, nil
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}

// leastUDID is the shortest text that is taken for a UDID.
const leastUDID = 8

// forms are the ways in which a UDID is written.
func forms(udid string) []string {
	if len(udid) < leastUDID {
		return nil
	}
	bare := strings.ReplaceAll(udid, "-", "")
	return []string{udid, strings.ToLower(udid), strings.ToUpper(udid), bare, strings.ToLower(bare), strings.ToUpper(bare)}
}

// PhoneID is what a phone is called to other computers.
func PhoneID(udid string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(strings.ReplaceAll(udid, "-", ""))))
	return hex.EncodeToString(sum[:6])
}
