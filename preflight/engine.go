package preflight

import (
	"context"
	"time"

	"homeport/cause"
)

// engineTimeout bounds the check of the engine: each program that has the tool's
// name is given ten seconds to tell its version.
const engineTimeout = 30 * time.Second

// engine says whether the engine that the settings ask for is there and is the
// right one, and whether the system lets an outside tool talk to phones. The
// built-in engine is always there and brings its own TLS.
func (h Host) engine(ctx context.Context) Finding {
	if h.Engine != nil {
		if err := h.Engine(ctx); err != nil {
			return failed(err)
		}
	}
	if h.Tool == nil {
		return passed(nil)
	}
	policy, err := tell(ctx, h.Computer.TLSPolicy)
	if err != nil || policy == "" {
		return passed(nil)
	}
	// The policy reaches the tool only while it is built on the system's OpenSSL,
	// and the certificates of some pairings only; so this warns.
	if tool := h.Tool(ctx); tool != "" {
		return told(Warn, cause.TLSPolicyBlocksPairing, cause.Evidence{"program": tool, "policy": policy})
	}
	return passed(nil)
}
