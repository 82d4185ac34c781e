package store

// bootID names this start of the system. Windows has no such name: a stage that
// was not kept is dropped there.
func bootID(string) string { return "" }

// systemBoot is as unknown.
func systemBoot() string { return "" }
