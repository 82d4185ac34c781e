package main

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"homeport/cause"
)

// TestStandsInTheWay holds that a phone that does not answer is told as that, and not
// as one that is not trusted.
func TestStandsInTheWay(t *testing.T) {
	t.Parallel()
	untrusted := cause.New(cause.NotTrusted, nil, nil)
	refused := cause.New(cause.MuxConnectFailed, nil, nil)
	late := fmt.Errorf("QueryType: %w", context.DeadlineExceeded)
	for _, tt := range []struct {
		silent, trust error
		want          cause.ID
	}{
		{nil, nil, ""}, {nil, untrusted, cause.NotTrusted}, {refused, untrusted, cause.MuxConnectFailed},
		{late, untrusted, cause.TransferStalled}, {errors.New("odd"), nil, cause.Unknown},
	} {
		if got := standsInTheWay(tt.silent, tt.trust); got != tt.want {
			t.Errorf("%v, %v: %q, want %q", tt.silent, tt.trust, got, tt.want)
		}
	}
}
