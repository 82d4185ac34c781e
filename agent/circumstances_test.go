package agent

import (
	"testing"
	"time"

	"homeport/cause"
	"homeport/usbmux"
)

// TestCircumstances is the table of what a failure is called.
func TestCircumstances(t *testing.T) {
	t.Parallel()
	link := func(change func(*circumstances)) circumstances {
		c := circumstances{seen: cause.DeviceDisconnected, underWay: true, wasUnlocked: true, free: -1}
		change(&c)
		return c
	}
	disk := func(seen cause.ID, change func(*circumstances)) circumstances {
		c := circumstances{seen: seen, underWay: true, free: 1 << 40}
		change(&c)
		return c
	}
	said := func(code int64, seen cause.ID, change func(*circumstances)) circumstances {
		c := circumstances{seen: seen, code: code, underWay: true, wasUnlocked: true, free: 1 << 40}
		change(&c)
		return c
	}
	nothing := func(*circumstances) {}
	locked := func(c *circumstances) { c.isLocked = true }
	full := func(c *circumstances) { c.free = 5000 }
	cases := map[string]struct {
		c    circumstances
		want cause.ID
	}{
		"nobody knows more":                     {link(nothing), cause.DeviceDisconnected},
		"detached":                              {link(func(c *circumstances) { c.ended = cause.DeviceDisconnected }), cause.DeviceDisconnected},
		"usbmuxd went, and took the link":       {link(func(c *circumstances) { c.ended = cause.MuxServiceStopped }), cause.MuxServiceStopped},
		"usbmuxd found dead":                    {link(func(c *circumstances) { c.down = true }), cause.MuxServiceStopped},
		"usbmuxd refuses":                       {link(func(c *circumstances) { c.list = muxDead }), cause.MuxServiceStopped},
		"usbmuxd hangs":                         {link(func(c *circumstances) { c.list = muxSilent }), cause.MuxNotAnswering},
		"not listed":                            {link(func(c *circumstances) { c.list = notListed }), cause.DeviceDisconnected},
		"listed":                                {link(func(c *circumstances) { c.list = isListed }), cause.DeviceBackupAgentCrashed},
		"listed, before the request":            {link(func(c *circumstances) { c.list, c.underWay = isListed, false }), cause.MuxConnectFailed},
		"listed and locked":                     {link(func(c *circumstances) { c.list, c.isLocked = isListed, true }), cause.LockedDuringBackup},
		"locked all the time":                   {link(func(c *circumstances) { c.list, c.isLocked, c.wasUnlocked = isListed, true, false }), cause.DeviceBackupAgentCrashed},
		"recovery mode":                         {link(func(c *circumstances) { c.ended, c.mode = cause.DeviceDisconnected, usbmux.ModeRecovery }), cause.DeviceModeChanged},
		"asleep":                                {link(func(c *circumstances) { c.slept = time.Hour }), cause.HostSlept},
		"asleep, and detached":                  {link(func(c *circumstances) { c.slept, c.ended = time.Hour, cause.DeviceDisconnected }), cause.HostSlept},
		"asleep, and usbmuxd gone":              {link(func(c *circumstances) { c.slept, c.ended, c.down = time.Hour, cause.MuxServiceStopped, true }), cause.HostSlept},
		"asleep, and stopped by hand":           {link(func(c *circumstances) { c.slept, c.ended = time.Hour, cause.UserCancelled }), cause.UserCancelled},
		"stopped by hand":                       {link(func(c *circumstances) { c.ended, c.list = cause.UserCancelled, isListed }), cause.UserCancelled},
		"a silence":                             {link(func(c *circumstances) { c.seen, c.list = cause.TransferStalled, isListed }), cause.TransferStalled},
		"a silence of a locked phone":           {link(func(c *circumstances) { c.seen, c.list, c.isLocked = cause.TransferStalled, isListed, true }), cause.LockedDuringBackup},
		"a silence across a sleep":              {link(func(c *circumstances) { c.seen, c.slept = cause.TransferStalled, time.Minute }), cause.HostSlept},
		"a refused channel, still here":         {link(func(c *circumstances) { c.seen, c.list, c.underWay = cause.MuxConnectFailed, isListed, false }), cause.MuxConnectFailed},
		"a full disk is no broken link":         {link(func(c *circumstances) { c.seen, c.slept, c.down = cause.HostDiskFullDuring, time.Hour, true }), cause.HostDiskFullDuring},
		"a missed passcode stays one":           {link(func(c *circumstances) { c.seen, c.isLocked, c.list = cause.PasscodePromptUnanswered, true, isListed }), cause.PasscodePromptUnanswered},
		"an I/O error":                          {disk(cause.HostIOError, nothing), cause.HostIOError},
		"an I/O error of a drive that left":     {disk(cause.HostIOError, func(c *circumstances) { c.destGone = true }), cause.DestinationMissing},
		"no cause, and the drive left":          {disk(cause.Unknown, func(c *circumstances) { c.destGone = true }), cause.DestinationMissing},
		"an I/O error of a full disk":           {disk(cause.HostIOError, full), cause.HostDiskFullDuring},
		"forbidden":                             {disk(cause.DestinationNotWritable, nothing), cause.DestinationNotWritable},
		"forbidden once, by a shield":           {disk(cause.DestinationNotWritable, func(c *circumstances) { c.canWrite, c.shielded = true, true }), cause.WriteBlockedBySecuritySoftware},
		"forbidden once, with no shield":        {disk(cause.DestinationNotWritable, func(c *circumstances) { c.canWrite = true }), cause.DestinationNotWritable},
		"100":                                   {said(100, cause.DeviceInternalError, nothing), cause.DeviceInternalError},
		"100 and locked":                        {said(100, cause.DeviceInternalError, locked), cause.LockedDuringBackup},
		"104 and locked":                        {said(104, cause.DeviceInternalError, locked), cause.LockedDuringBackup},
		"104 and our disk is full":              {said(104, cause.DeviceInternalError, full), cause.HostDiskFullDuring},
		"103 and our drive left":                {said(103, cause.DeviceInternalError, func(c *circumstances) { c.destGone = true }), cause.DestinationMissing},
		"1 and locked":                          {said(1, cause.DeviceInternalError, locked), cause.DeviceInternalError},
		"102":                                   {said(102, cause.DeviceStorageFull, nothing), cause.DeviceStorageFull},
		"102 and our disk is full":              {said(102, cause.DeviceStorageFull, full), cause.HostDiskFullDuring},
		"an error without a cause, all is well": {disk(cause.Unknown, nothing), cause.Unknown},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.c.cause(); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestIsPhone(t *testing.T) {
	t.Parallel()
	const old = "0123456789abcdef0123456789abcdef01234567"
	recovery := usbmux.HostDevice{Serial: "CPID:8120 CPRV:11 BDID:0A ECID:000A1B2C3D4E5F60 IBFL:3C SRNM:[X]", BusPath: "1-4", Mode: usbmux.ModeRecovery}
	for name, c := range map[string]struct {
		udid, port string
		want       bool
	}{
		"by the chip's number":        {udidAnna, "", true},
		"another phone":               {udidBen, "1-4", false},
		"an old phone at its port":    {old, "1-4", true},
		"an old phone at another":     {old, "1-5", false},
		"an old phone, port unknown":  {old, "", false},
		"the same at another port":    {udidAnna, "1-9", true},
		"the same, without the zeros": {"00008120-000a1b2c3d4e5f60", "", true},
	} {
		if got := isPhone(recovery, c.udid, c.port); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
