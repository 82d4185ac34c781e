// Package status owns what a running Homeport tells about itself and lets be done
// with it: the picture of every phone (Snapshot), the control API, and the status
// page.
//
// The API is JSON over HTTP. It is served twice. On the control socket (a unix socket
// that only its owner can open, or a named pipe with the same rule) all of it is
// there. On the page's listener, which is loopback only and needs a token, there is
// what a page reads, and nothing that changes anything.
//
// Whoever runs the agent fills the types here; this package knows no phone, no store
// and no settings.
package status
