package backup

import (
	"context"
	"fmt"
	"strings"
	"time"

	"homeport/cause"
)

// Ended is what is known when a phone ends a backup with an ErrorCode of MBErrorDomain
// whose meaning the number alone does not tell.
type Ended struct {
	Code     int64
	Built    bool  // the run built on an earlier backup
	Encrypts bool  // the phone has a backup password
	Free     int64 // bytes that the phone itself has free; negative is not known
}

// phoneNeeds is the room that a phone needs for its snapshot, in bytes. One that has
// more, by its own figures, means something else when it says that there is none.
const phoneNeeds = 1_000_000_000

// askEnded bounds the questions to a phone that has just failed.
const askEnded = 3 * time.Second

// LookAt asks the phone for what its final code depends on, and for nothing with any
// other code. built says that the run built on an earlier backup.
func LookAt(ctx context.Context, phone Phone, code int64, built bool) Ended {
	e := Ended{Code: code, Built: built, Free: -1}
	ctx, cancel := context.WithTimeout(ctx, askEnded)
	defer cancel()
	switch code {
	case 22:
		values, _ := phone.Values(ctx, "com.apple.mobile.backup")
		e.Encrypts, _ = values["WillEncrypt"].(bool)
	case 102, 106:
		values, _ := phone.Values(ctx, "com.apple.disk_usage")
		switch n := values["AmountDataAvailable"].(type) {
		case int64:
			e.Free = n
		case uint64:
			e.Free = int64(min(n, 1<<62))
		}
	}
	return e
}

// Cause decides: what the phone complains of must be so, else the phone is wrong and its
// number is all that is known. It answers false for a code that means one thing.
//
// 211 ("Find My is on") is about a restore. A phone that ends a backup with it has some
// trouble of its own, and to switch Find My off would not help.
func (e Ended) Cause() (cause.ID, bool) {
	switch e.Code {
	case 22:
		if e.Encrypts {
			return cause.BackupBlockedByRestriction, true
		}
		return cause.EncryptionRequiredByPolicy, true
	case 102, 106:
		if e.Free <= phoneNeeds {
			return cause.DeviceStorageFull, true
		}
		return cause.DeviceInternalError, true
	case 204, 205, 209:
		return cause.DeviceInternalError, !e.Built
	case 211:
		return cause.DeviceInternalError, true
	}
	return "", false
}

// Note puts into ev what the cause's sentence shows.
func (e Ended) Note(id cause.ID, ev cause.Evidence) {
	if id == cause.DeviceStorageFull && e.Free >= 0 {
		ev["free"] = cause.Bytes(e.Free)
	}
}

// PhoneSaid is the phone's final word with its number, once: most phones name it themselves.
func PhoneSaid(code int64, text string) string {
	number := fmt.Sprintf("MBErrorDomain/%d", code)
	switch text = strings.TrimSpace(text); {
	case text == "":
		return number
	case strings.Contains(text, number):
		return text
	}
	return text + " (" + number + ")"
}
