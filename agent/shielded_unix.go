//go:build unix

package agent

// shielded says that this system has programs that forbid single writes to a folder that
// can be written to. What does so here (SELinux, a privacy setting of macOS) forbids all.
const shielded = false
