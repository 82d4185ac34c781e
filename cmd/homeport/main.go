// Command homeport backs up iPhones when they are plugged in, or says exactly
// why not.
//
// This package owns flags, wiring, what is printed, and exit codes; each verb has
// a file of its own. What a verb does is in the rooms below.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"homeport/cause"
	"homeport/usbmux"
)

// version is set by the linker.
var version = "dev"

func main() {
	staySmall()
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is main with its surroundings as parameters; it returns the exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	usbmux.SetLogger(nil) // until there is a log file
	out := &output{w: stdout}
	app := &app{args: args, stdin: stdin, stdout: out, stderr: stderr, signals: &signals{stderr: stderr}}
	defer app.close()
	ctx, stop := app.signals.watch(context.Background())
	defer stop()
	app.ctx = ctx
	root := newRootCommand(app)
	root.SetArgs(plainNumbers(args))
	root.SetIn(stdin)
	root.SetOut(out)
	root.SetErr(stderr)
	code := 0
	verb, err := root.ExecuteContextC(ctx)
	app.verb = verb.CommandPath()
	if err != nil && !out.unwanted(err) {
		app.tellError(err)
		code = exitCode(ctx, err)
	}
	if err := out.lost(); err != nil {
		fmt.Fprintf(stderr, "error: what was to be printed is lost: %v\n", err)
		code = max(code, cause.ExitUnexpected)
	}
	return code
}

// said is an error whose telling is done: only its exit code is left.
type said struct{ err error }

func (s said) Error() string { return s.err.Error() }
func (s said) Unwrap() error { return s.err }

// tellError prints an error for a person, unless the verb has told it already. Of
// several problems, as a settings file may have, each is told.
func (a *app) tellError(err error) {
	if errors.As(err, &said{}) {
		return
	}
	if a.json {
		a.printJSON(map[string]any{"error": a.failureOf(err)})
		return
	}
	for _, one := range single(err) {
		fmt.Fprintf(a.stderr, "error: %s\n", clean(a.failureOf(one).Message))
		hint := hintOf(one)
		if errors.As(one, &usageError{}) {
			hint = a.verb + " --help"
		}
		if hint != "" {
			fmt.Fprintf(a.stderr, "hint: %s\n", clean(hint))
		}
	}
}

// single takes apart an error that joins errors with causes of their own.
func single(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var list []error
	for _, one := range joined.Unwrap() {
		if _, known := cause.Of(one); !known {
			return []error{err}
		}
		list = append(list, single(one)...)
	}
	return list
}
