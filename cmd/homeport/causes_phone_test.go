package main

import (
	"slices"
	"strings"
	"testing"

	"homeport/cause"
	"homeport/preflight"
	"homeport/simulator"
)

// phoneSituations are what a phone tells before a backup, and how it is trusted.
var phoneSituations = slices.Concat(ofSights(), []situation{
	on(cause.TrustDenied, "Don't Trust is tapped", func(s *simulator.PhoneSpec) { s.Trust = simulator.Trust{Mode: simulator.TrustRefuse} }, pairs),
	on(cause.PairingProhibitedByPolicy, "a profile forbids it to pair", policy("MCProtected"), pairs),
	on(cause.SupervisedHostMismatch, "it wants its organisation's computer", policy("MCChallengeRequired"), pairs),
	on(cause.PairingNeedsUSB, "it pairs by cable only", untrusted, pairsWith("PairingProhibitedOverThisConnection")),
	on(cause.LostMode, "it is in Lost Mode and does not pair", untrusted, pairsWith("FMiPProtected")),
	on(cause.NotActivated, "it has no activation record", untrusted, pairsWith("MissingActivationRecord")),
	on(cause.PairRecordSaveFailed, "usbmuxd cannot store the key", func(s *simulator.PhoneSpec) { s.Trust = simulator.Trust{Mode: simulator.TrustAuto} }, func(s *stage) heard {
		s.sim.Play(simulator.MuxReply{Request: "SavePairRecord", Reply: map[string]any{"MessageType": "Result", "Number": 13}})
		return pairs(s)
	}),
	on(cause.PairRecordMissing, "the phone says that there is none", nil, func(s *stage) heard {
		session("MissingPairRecord")(s)
		return s.doctor()
	}),
	on(cause.BackupBlockedByRestriction, "unlocked and trusted, it keeps the service shut", nil, func(s *stage) heard {
		s.phone.Play(simulator.LockdownError{Request: "StartService", Name: "com.apple.mobilebackup2", Code: "ServiceProhibited"})
		return s.homeport("backup", "--dest", s.dest)
	}),
	on(cause.ICloudRestoreRunning, "it is being restored from iCloud", func(s *simulator.PhoneSpec) { s.CloudRestore = true }, func(s *stage) heard {
		return s.homeport("backup", "--dest", s.dest)
	}),
	asks(cause.StolenDeviceProtection, "Stolen Device Protection: security delay"),
})

func pairs(s *stage) heard { return s.homeport("pair") }

// pairsWith has the phone answer the question for trust with an error.
func pairsWith(code string) func(*stage) heard {
	return func(s *stage) heard {
		s.phone.Play(simulator.LockdownError{Request: "Pair", Code: code})
		return pairs(s)
	}
}

func policy(code string) func(*simulator.PhoneSpec) {
	return changes(untrusted, func(s *simulator.PhoneSpec) { s.PairingPolicy = code })
}

// ofSights takes for each cause that doctor tells by itself the first sight in which
// it does.
func ofSights() []situation {
	var list []situation
	for _, one := range slices.Concat(wellSights, troubledSights) {
		status, id, found := strings.Cut(one.want, ":")
		if !found || slices.ContainsFunc(list, func(s situation) bool { return s.id == cause.ID(id) }) {
			continue
		}
		list = append(list, situation{id: cause.ID(id), name: "doctor: " + one.name, how: simulated, alone: preflight.Status(status) == preflight.Fail,
			play: func(t *testing.T) heard {
				s := newStage(t, changes(ordinary, one.spec))
				s.made()
				if one.before != nil {
					one.before(s)
				}
				return s.homeport("doctor", "--dest", s.dest)
			}})
	}
	return list
}
