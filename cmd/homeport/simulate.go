package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"homeport/simulator"
)

type simulateOptions struct {
	spec   string
	listen []string
	quiet  bool
}

func newSimulateCommand(a *app) *cobra.Command {
	var o simulateOptions
	cmd := &cobra.Command{
		Use:   "simulate [--spec FILE] [--listen ADDR]",
		Short: "Simulated phones on a usbmuxd socket",
		Long: `Simulated phones on a usbmuxd socket, for trying Homeport and the libimobiledevice
tools without an iPhone. Point a tool at it with the printed USBMUXD_SOCKET_ADDRESS.

Commands are read from standard input, one a line; "help" lists them. It ends with
"quit" or a signal; the end of the input does not end it.`,
		Example: `  homeport simulate --listen 127.0.0.1:27015
  USBMUXD_SOCKET_ADDRESS=127.0.0.1:27015 idevicepair pair`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runSimulate(cmd.Context(), a, o) },
	}
	cmd.Flags().StringVar(&o.spec, "spec", "", "a YAML `FILE` that describes the phones (default: one ordinary phone)")
	cmd.Flags().StringArrayVar(&o.listen, "listen", nil, "where to listen: `ADDR` is host:port or a socket's path; may be given several times; in place of what the spec says")
	cmd.Flags().BoolVar(&o.quiet, "quiet", false, "do not tell what the phones do")
	return cmd
}

// defaultSpec is the phone of `homeport simulate` without --spec.
const defaultSpec = `phones:
  - udid: 00008120-000A1B2C3D4E5F60
    name: Simulated iPhone
    product_type: iPhone15,2
    product_version: "18.5"
    files: 2000
    bytes: 268435456
    trust: {mode: auto, polls: 2}
`

func runSimulate(ctx context.Context, a *app, o simulateOptions) error {
	config, err := readSpec(o)
	if err != nil {
		return err
	}
	if !o.quiet {
		config.Logf = func(format string, args ...any) { fmt.Fprintln(a.stderr, clean(fmt.Sprintf(format, args...))) }
	}
	sim, err := simulator.Start(config)
	if err != nil {
		return usageError{err} // an address that cannot be listened on
	}
	defer sim.Close()
	a.printListening(sim)
	err = obey(ctx, a, sim)
	if errors.As(context.Cause(ctx), &interrupted{}) {
		return nil
	}
	return err
}

func readSpec(o simulateOptions) (simulator.Config, error) {
	data := []byte(defaultSpec)
	if o.spec != "" {
		var err error
		if data, err = os.ReadFile(o.spec); err != nil {
			return simulator.Config{}, usageError{fmt.Errorf("read spec: %w", err)}
		}
	}
	config, err := simulator.ParseSpec(data)
	if err != nil {
		return simulator.Config{}, usageError{err}
	}
	if len(o.listen) > 0 {
		config.Listen = nil // a flag stands above the file
	}
	for _, l := range o.listen {
		config.Listen = append(config.Listen, listenURL(l))
	}
	return config, nil
}

// listenURL spells an address as the simulator wants it.
func listenURL(s string) string {
	for _, scheme := range []string{"UNIX:", "unix:"} {
		if rest, ok := strings.CutPrefix(s, scheme); ok {
			return "unix://" + strings.TrimPrefix(rest, "//")
		}
	}
	switch {
	case strings.Contains(s, "://"):
		return s
	case strings.HasPrefix(s, "/"):
		return "unix://" + s
	}
	return "tcp://" + s
}

func (a *app) printListening(sim *simulator.Simulator) {
	var udids []string
	for _, p := range sim.Phones() {
		udids = append(udids, p.UDID())
	}
	if a.json {
		a.printJSON(map[string]any{"listening": sim.Addrs(), "udids": udids})
		return
	}
	for _, addr := range sim.Addrs() {
		a.printf("USBMUXD_SOCKET_ADDRESS=%s\n", addr)
	}
	for _, u := range udids {
		a.printf("phone %s\n", u)
	}
}

// obey carries out commands from standard input until "quit" or the end of ctx.
func obey(ctx context.Context, a *app, sim *simulator.Simulator) error {
	lines := make(chan string)
	go readLines(ctx, a.stdin, lines)
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case line, ok := <-lines:
			if !ok {
				<-ctx.Done()
				return context.Cause(ctx)
			}
			if strings.TrimSpace(line) == "quit" {
				return nil
			}
			a.answer(sim.Command(line))
		}
	}
}

func (a *app) answer(text string, err error) {
	switch {
	case err != nil:
		fmt.Fprintf(a.stderr, "error: %s\n", clean(err.Error()))
	case text != "":
		a.printf("%s\n", strings.TrimRight(text, "\n"))
	}
}

// readLines sends the lines of r until its end. Reading a terminal cannot be
// interrupted: this goroutine ends with the process when ctx ends first.
func readLines(ctx context.Context, r io.Reader, lines chan<- string) {
	defer close(lines)
	for s := bufio.NewScanner(r); s.Scan(); {
		select {
		case lines <- s.Text():
		case <-ctx.Done():
			return
		}
	}
}
