package cause

import (
	"strings"
	"testing"
	"unicode/utf16"
)

// inUTF16 writes text as Windows does, with the low or the high byte first.
func inUTF16(text string, high bool) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(text)) {
		if high {
			b.WriteByte(byte(u >> 8))
		}
		b.WriteByte(byte(u))
		if !high {
			b.WriteByte(byte(u >> 8))
		}
	}
	return b.String()
}

func TestUnpaste(t *testing.T) {
	t.Parallel()
	const plain = "Backup Failed (Error Code 208).\nnext line"
	for name, pasted := range map[string]string{
		"plain":                plain,
		"windows":              "Backup Failed (Error Code 208).\r\nnext line",
		"old Mac":              "Backup Failed (Error Code 208).\rnext line",
		"colours":              "\x1b[1;31mBackup Failed\x1b[0m (Error Code 208).\n\x1b]0;a title\anext line",
		"utf-16":               inUTF16("\ufeff"+plain, false),
		"utf-16, high first":   inUTF16("\ufeff"+plain, true),
		"utf-16 without mark":  inUTF16(plain, false),
		"the same, high first": inUTF16(plain, true),
		"mark of utf-8":        "\ufeff" + plain,
		"hidden":               "Backup Fai\u00adled\u00a0(Error\u200b Code 208).\u2028next line",
	} {
		if got := unpaste(pasted); got != plain {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := unpaste("a\xff\xfeb\x00c"); got != "a  b c" {
		t.Errorf("what is no text became %q", got)
	}
	if got := unpaste(strings.Repeat("x", 5*maxPasted)); len(got) > maxPasted {
		t.Errorf("%d bytes", len(got))
	}
}

// TestMatchTakesWhatWindowsWrites holds that a log of PowerShell is read to its end.
func TestMatchTakesWhatWindowsWrites(t *testing.T) {
	t.Parallel()
	log := "\ufeff" + strings.Repeat("Receiving files\r\n", 30_000) + "ErrorCode 105: Insufficient free disk space (MBErrorDomain/105)\r\n"
	if got := Match(inUTF16(log, false)); got[0].ID != HostDiskFullDuring {
		t.Errorf("got %s", tell(got))
	}
}
