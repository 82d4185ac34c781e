package simulator

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// faultHelp names every form that ParseFault reads.
const faultHelp = "cut CHANNEL BYTES fin|rst|detached; stall CHANNEL BYTES DURATION; slow CHANNEL BYTES_PER_SECOND; split CHANNEL [SIZE]; " +
	"lockdown REQUEST NAME|. CODE [TIMES]; response CODE STAGE [NTH]; passcode MODE [DELAY]; sync-lock TIMES; " +
	"file list|info|open|read|close NAME|. STATUS [TIMES]; " +
	"mux-restart DURATION; mux-hang DURATION; mux-bad-entry"

// ParseFault reads a fault from text: the forms are those of Command's play. CHANNEL is mux, lockdown, notify, afc, backup, other or any.
func ParseFault(text string) (Fault, error) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return nil, fmt.Errorf("read fault: want %s", faultHelp)
	}
	r := &wordReader{words: words[1:]}
	fault := r.fault(words[0])
	if r.err == nil && len(r.words) > 0 {
		r.err = fmt.Errorf("%q is too much", strings.Join(r.words, " "))
	}
	if r.err != nil {
		return nil, fmt.Errorf("read fault %q: %w", text, r.err)
	}
	return fault, nil
}

func (r *wordReader) fault(kind string) Fault {
	switch kind {
	case "cut":
		return CutAfter{Channel: r.channel(), Bytes: r.number(), Kind: r.cutKind()}
	case "stall":
		return Stall{Channel: r.channel(), Bytes: r.number(), For: r.duration()}
	case "slow":
		return SlowLink{Channel: r.channel(), BytesPerSecond: r.number()}
	case "split":
		return SplitBytes{Channel: r.channel(), Size: int(r.optional())}
	case "lockdown":
		return LockdownError{Request: r.word(), Name: strings.TrimPrefix(r.word(), "."), Code: r.word(), Times: int(r.optional())}
	case "response":
		return BackupResponse{Code: int(r.number()), Stage: r.word(), Nth: int(r.optional())}
	case "passcode":
		return r.passcode()
	case "sync-lock":
		return SyncLockHeld{Times: int(r.number())}
	case "file":
		return FileRefused{Op: r.fileOp(), Name: strings.TrimPrefix(r.word(), "."), Status: int(r.number()), Times: int(r.optional())}
	case "mux-restart":
		return MuxRestart{Down: r.duration()}
	case "mux-hang":
		return MuxHang{For: r.duration()}
	case "mux-bad-entry":
		return BadListEntry{}
	default:
		r.fail("unknown kind %q: want %s", kind, faultHelp)
		return nil
	}
}

// ofMux tells whether a fault is usbmuxd's and not one phone's.
func ofMux(fault Fault) bool {
	switch f := fault.(type) {
	case MuxRestart, MuxHang, BadListEntry, MuxReply:
		return true
	case CutAfter:
		return f.Channel == ChannelMux
	case Stall:
		return f.Channel == ChannelMux
	case SlowLink:
		return f.Channel == ChannelMux
	case SplitBytes:
		return f.Channel == ChannelMux
	default:
		return false
	}
}

// wordReader takes typed words off a line and keeps the first error.
type wordReader struct {
	words []string
	err   error
}

func (r *wordReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

func (r *wordReader) word() string {
	if len(r.words) == 0 {
		r.fail("something is missing: want %s", faultHelp)
		return ""
	}
	word := r.words[0]
	r.words = r.words[1:]
	return word
}

func (r *wordReader) number() int64 {
	word := r.word()
	n, err := strconv.ParseInt(word, 10, 64)
	if err != nil || n < 0 {
		r.fail("number %q: want 0 or more", word)
	}
	return n
}

// optional is a number that may be left out: 0.
func (r *wordReader) optional() int64 {
	if len(r.words) == 0 {
		return 0
	}
	return r.number()
}

func (r *wordReader) duration() time.Duration {
	d, err := optionalDuration([]string{r.word()})
	if err != nil {
		r.fail("%w", err)
	}
	return d
}

func (r *wordReader) channel() Channel {
	channel := Channel(r.word())
	if channel != ChannelAny && !oneOf(channel, channels...) {
		r.fail("channel %q: want one of %v or any", channel, channels)
	}
	return channel
}

func (r *wordReader) cutKind() CutKind {
	kind := CutKind(r.word())
	if !oneOf(kind, FIN, RST, Detached) {
		r.fail("kind %q: want fin, rst or detached", kind)
	}
	return kind
}

func (r *wordReader) passcode() Fault {
	if len(r.words) == 0 {
		r.fail("passcode: want a mode")
		return nil
	}
	passcode, err := parsePasscode(r.words)
	if err != nil {
		r.fail("%w", err)
	}
	r.words = nil
	return PasscodeOnce{Passcode: passcode}
}
