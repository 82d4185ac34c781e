package backuptest

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	"homeport/simulator"
)

// testCase is one story.
type testCase struct {
	name string
	long bool // takes seconds: not in short mode
	run  func(t *testing.T, traits Traits, maker Maker)
}

// stories are the cases that are the same for every engine.
var stories = []testCase{
	{name: "sync-lock-held", long: true, run: syncLockHeld},
	{name: "lifecycle", run: lifecycle(simulator.PhoneSpec{Seed: 11, Files: 300, Bytes: 6 << 20})},
	{name: "lifecycle-encrypted", run: lifecycle(simulator.PhoneSpec{Seed: 12, Files: 200, Bytes: 4 << 20, BackupPassword: "a password"})},
	{name: "earlier-version-untouched", run: earlierUntouched},
	{name: "encryption-changed", long: true, run: encryptionChanged},
	{name: "progress", run: progressTold},
	{name: "passcode-entered", run: passcodeEntered},
	{name: "passcode-refused", run: passcodeRefused},
	{name: "cancelled", run: cancelled},
	{name: "cancelled-on-the-phone", run: cancelledOnThePhone},
	{name: "space-used-up", run: spaceUsedUp},
	{name: "space-none", run: spaceNone},
	{name: "disk-full", run: diskFull},
	{name: "purge-asked", run: purgeAsked},
	{name: "service-refused", run: serviceRefused},
}

// cutsInARow is how many cuts one phone gets, one after the other.
const cutsInARow = 5

// cases are all of them for one engine. Cuts and codes are spread over phones.
func cases(traits Traits) []testCase {
	list := slices.Clone(stories)
	for _, c := range []struct {
		kind  simulator.CutKind
		count int
	}{{simulator.FIN, 4}, {simulator.RST, 4}, {simulator.Detached, max(traits.Pulls, 4)}} {
		if testing.Short() {
			c.count = 2
		}
		for i := 0; i < c.count; i += cutsInARow {
			n := min(cutsInARow, c.count-i)
			list = append(list, testCase{name: fmt.Sprintf("cut-%s-%d", c.kind, i), run: cuts(c.kind, n, uint64(i))})
		}
	}
	for i, c := range codes {
		if !testing.Short() || i%5 == 0 {
			list = append(list, testCase{name: c.name(), run: c.play})
		}
	}
	return list
}

// Run plays every case with the engine that maker makes.
func Run(t *testing.T, traits Traits, maker Maker) {
	// An engine whose program mostly waits is not held up by the number of
	// processors, as parallel tests would be.
	width := make(chan struct{}, max(traits.Width, runtime.GOMAXPROCS(0)))
	var all sync.WaitGroup
	for _, c := range cases(traits) {
		width <- struct{}{}
		all.Go(func() {
			defer func() { <-width }()
			t.Run(c.name, func(t *testing.T) {
				if c.long && testing.Short() {
					t.Skip("takes seconds")
				}
				c.run(t, traits, maker)
			})
		})
	}
	all.Wait()
}
