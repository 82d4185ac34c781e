package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/spf13/cobra"

	"homeport/agent/status"
)

func newOpenCommand(a *app) *cobra.Command {
	var print bool
	cmd := &cobra.Command{
		Use:   "open [--print]",
		Short: "Open the status page in the browser",
		Long: `Open the status page in the browser. It shows every iPhone live, and changes nothing.
It is on this computer only, and its address has a key that works once; a browser that
has seen the page may come back for 30 days. With --print, or where there is no screen,
the address is printed.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runOpen(cmd.Context(), a, print) },
	}
	cmd.Flags().BoolVar(&print, "print", false, "print the address, and open nothing")
	return cmd
}

func runOpen(ctx context.Context, a *app, print bool) error {
	dir := a.stateFolder()
	p, err := status.NewClient(dir).Page(ctx)
	if errors.Is(err, status.ErrNotRunning) {
		return errNoDaemon(dir)
	}
	if err != nil {
		return err
	}
	if a.json {
		a.printJSON(p)
		return nil
	}
	if !print && hasScreen() {
		if err := openBrowser(ctx, p.URL); err == nil {
			a.printf("the status page opens in the browser; it is also at:\n%s\n", p.URL)
			return nil
		}
	}
	a.printf("open this in a browser on this computer, until %s:\n%s\n", p.Expires.Local().Format("15:04"), p.URL)
	return nil
}

// browserLimit is how long the system's opener may take to hand the address on.
const browserLimit = 10 * time.Second

// openBrowser hands an address to the system. The opener ends by itself; where it is the
// browser, it goes on.
func openBrowser(ctx context.Context, url string) error {
	name, args := browserCommand(url)
	path, err := exec.LookPath(name)
	if err != nil {
		return fmt.Errorf("open browser: %w", err)
	}
	cmd := exec.Command(path, args...)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("open browser: %w", err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		return err
	case <-time.After(browserLimit):
		return nil
	case <-ctx.Done():
		return nil
	}
}
