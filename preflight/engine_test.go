package preflight

import (
	"context"
	"errors"
	"testing"

	"homeport/cause"
)

func TestEngine(t *testing.T) {
	t.Parallel()
	policy := func(s string, err error) func(context.Context) (string, error) {
		return func(context.Context) (string, error) { return s, err }
	}
	for name, tt := range map[string]struct {
		err    error
		tool   string
		policy func(context.Context) (string, error)
		want   string
		asked  bool
	}{
		"all well":              {},
		"missing":               {err: caused(cause.EngineMissing), want: "engine=fail:engine-missing"},
		"another program":       {err: caused(cause.EngineNotIdevicebackup2), policy: policy("no SHA-1 signatures", nil), want: "engine=fail:engine-not-idevicebackup2"},
		"too old":               {err: caused(cause.HostSoftwareTooOld), want: "engine=fail:host-software-too-old"},
		"a policy, the tool":    {tool: "idevicebackup2", policy: policy("no SHA-1 signatures", nil), want: "engine=warn:tls-policy-blocks-pairing", asked: true},
		"a policy, built-in":    {policy: policy("no SHA-1 signatures", nil), asked: true},
		"no policy":             {tool: "idevicebackup2", policy: policy("", nil)},
		"a policy nobody reads": {tool: "idevicebackup2", policy: policy("x", errors.ErrUnsupported)},
	} {
		s, asked := allWell(t), false
		s.host.Engine = func(context.Context) error { return tt.err }
		s.host.Tool = func(context.Context) string { asked = true; return tt.tool }
		s.host.Computer.TLSPolicy = tt.policy
		r, got := s.run(t)
		if got != tt.want || asked != tt.asked {
			t.Errorf("%s: got %q, want %q; the tool was looked for: %v", name, got, tt.want, asked)
		}
		if f, _ := r.ByCheck("engine"); f.Status == Warn && f.Sentence() != "this computer's security policy (no SHA-1 signatures) may keep idevicebackup2 from talking to the iPhone" {
			t.Error(f.Sentence())
		}
	}
}
