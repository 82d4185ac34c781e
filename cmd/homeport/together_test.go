package main

import (
	"strings"
	"testing"

	"homeport/agent"
	"homeport/cause"
)

// TestTellerOfSeveralFailures holds how a run shows two failures: each once, each
// with what to do, and the one that decides at the end.
func TestTellerOfSeveralFailures(t *testing.T) {
	t.Parallel()
	full := cause.New(cause.HostDiskFull, cause.Evidence{"need": cause.Bytes(62_100_000_000), "free": cause.Bytes(8_400_000_000), "short": cause.Bytes(53_700_000_000)}, nil)
	got := told(
		agent.Event{Kind: agent.Preflight, Phone: anna(), Findings: lockedAndFull().Findings, Cause: cause.HostDiskFull},
		agent.Event{Kind: agent.Failed, Phone: anna(), Error: agent.NewFailure(full), Cause: full.ID},
	)
	want := []string{
		"preflight             6 checks passed, 2 failed\n",
		"failed: the iPhone is locked   (device-locked)\n" + indent + "hint: unlock the iPhone",
		"not backed up         the backup disk is too full: need 62.1 GB, have 8.4 GB\n" + indent + "hint: free 53.7 GB",
	}
	rest := got
	for _, w := range want {
		_, after, ok := strings.Cut(rest, w)
		if !ok {
			t.Errorf("told\n%s\nwant\n%s", got, strings.Join(want, "..."))
		}
		rest = after
	}
	if n := strings.Count(got, "too full"); n != 1 {
		t.Errorf("the disk is told %d times:\n%s", n, got)
	}
}
