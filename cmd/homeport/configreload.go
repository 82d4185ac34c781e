package main

import (
	"errors"
	"fmt"

	"homeport/agent"
	"homeport/agent/status"
)

// runConfigReload has the daemon read its settings again. Settings that are wrong are
// told as config check tells them, and change nothing.
func runConfigReload(a *app) error {
	dir := a.stateFolder()
	done, err := status.NewClient(dir).Reload(a.ctx)
	if errors.Is(err, status.ErrNotRunning) {
		return errNoDaemon(dir)
	}
	if err != nil {
		return err
	}
	if done.OK {
		if a.json {
			a.printJSON(done)
		} else {
			a.printf("%s\n", clean(done.Message))
		}
		return nil
	}
	var errs []error
	for _, f := range done.Errors {
		errs = append(errs, &status.RemoteError{Told: f})
	}
	if a.json {
		a.printJSON(done)
		return said{errs[0]}
	}
	for _, f := range done.Errors {
		fmt.Fprintf(a.stderr, "error: %s\n", clean(f.Message))
		own := agent.Failure(f)
		fmt.Fprintf(a.stderr, "%s\n", clean(hint(&own)[len(indent):]))
	}
	fmt.Fprintf(a.stderr, "%s\n", clean(done.Message))
	return said{errors.Join(errs...)}
}
