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
)

// version is set by the linker.
var version = "dev"

func main() {
	staySmall()
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is main with its surroundings as parameters; it returns the exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := watchSignals(context.Background(), stderr)
	defer stop()
	app := &app{stdin: stdin, stdout: stdout, stderr: stderr}
	defer app.close()
	root := newRootCommand(app)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	app.tellError(err)
	return exitCode(ctx, err)
}

// said is an error whose telling is done: only its exit code is left.
type said struct{ err error }

func (s said) Error() string { return s.err.Error() }
func (s said) Unwrap() error { return s.err }

// tellError prints an error for a person, unless the verb has told it already.
func (a *app) tellError(err error) {
	if errors.As(err, &said{}) {
		return
	}
	if a.json {
		a.printJSON(map[string]any{"error": failureOf(err)})
		return
	}
	f := failureOf(err)
	fmt.Fprintf(a.stderr, "error: %s\n", clean(f.Message))
	if hint := hintOf(err); hint != "" {
		fmt.Fprintf(a.stderr, "hint: %s\n", clean(hint))
	}
}
