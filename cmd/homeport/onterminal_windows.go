package main

// onTerminal is asked only about hang-ups, which Windows does not have.
func onTerminal() bool { return false }
