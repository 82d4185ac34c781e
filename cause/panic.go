package cause

import (
	"fmt"
	"runtime/debug"
)

// Panic is the error of work that panicked. It has no row of its own: it is something
// unexpected.
type Panic struct {
	Value any
	Stack []byte // for a log
}

// Error tells the value and not the stack.
func (p *Panic) Error() string { return fmt.Sprintf("panic: %v", p.Value) }

// Guard does something, and answers a panic of it as an error with the cause unknown that
// wraps a *Panic. It helps only in the goroutine that it is called in: one mistake, in the
// handling of one phone, must not end what is done for the others.
func Guard(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = New(Unknown, nil, &Panic{r, debug.Stack()})
		}
	}()
	return f()
}

// Guarded is Guard for later: what a group of goroutines is given to do.
func Guarded(f func() error) func() error {
	return func() error { return Guard(f) }
}
