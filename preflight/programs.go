package preflight

import (
	"context"
	"maps"
	"slices"
	"sync"

	"homeport/cause"
)

// heldBy says what another program would hold when it is behind a cause.
var heldBy = map[cause.ID]Hold{
	cause.SyncLockHeld:             HoldsPhone,
	cause.ServiceLimit:             HoldsPhone,
	cause.USBClaimedByOtherProgram: HoldsUSB,
	cause.FileLocked:               HoldsFiles,
	cause.DestinationForeign:       HoldsFiles,
}

// NameCulprits makes findings name the program that is behind them, as the
// evidence "program", where a program can be behind them and one that does such
// things runs. A running program is no cause by itself, so the list is only read
// when such a finding is made, and once for all of them.
func NameCulprits(checks []Check, programs func(context.Context) ([]Program, error)) []Check {
	if programs == nil {
		return checks
	}
	var once sync.Once
	var list []Program
	result := slices.Clone(checks)
	for i, c := range result {
		result[i].Run = func(ctx context.Context) Finding {
			f := c.Run(ctx)
			if _, named := f.Evidence["program"]; heldBy[f.Cause] == 0 || named {
				return f
			}
			once.Do(func() { list, _ = programs(ctx) })
			if name := Culprit(f.Cause, list); name != "" {
				f.Evidence = maps.Clone(f.Evidence)
				if f.Evidence == nil {
					f.Evidence = cause.Evidence{}
				}
				f.Evidence["program"] = name
			}
			return f
		}
	}
	return result
}

// Culprit names the likeliest of the running programs that can be behind a cause;
// "" when none can.
func Culprit(id cause.ID, programs []Program) string {
	i := slices.IndexFunc(programs, func(p Program) bool { return p.Holds&heldBy[id] != 0 })
	if i < 0 {
		return ""
	}
	return programs[i].Name
}
