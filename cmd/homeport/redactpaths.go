package main

import (
	"regexp"
	"strings"
)

// domainPath begins the path of a phone's file, and absolute a path of a computer.
var (
	domainPath = regexp.MustCompile(`[A-Za-z]+Domain(?:-[\w.-]+)?[/\\]`)
	absolute   = regexp.MustCompile(`(?:^|[\s"'(=\[<>,;:|])(/[^\s/"']+/|[A-Za-z]:[\\/]|\\\\[^\s\\]+\\)`)
)

// systemPaths are the same on every computer, and worth knowing.
var systemPaths = regexp.MustCompile(`^(?:/usr/(?:local/)?(?:s?bin|lib)|/opt/homebrew|/var/run/|/run/(?:usbmuxd|user/)|/proc/|/sys/|/dev/|/s?bin/|/var/(?:db|lib)/(?:lockdown|usbmuxd)|[A-Z]:\\{1,2}Program Files|[A-Z]:\\{1,2}Windows)`)

// files takes out the names of files that nobody told us of. Where such a name
// ends nobody can say, as it may hold anything; so all goes up to what an error
// says last.
func (r *redactor) files(s string) string {
	if at := domainPath.FindStringIndex(s); at != nil {
		r.removed["file"]++
		return r.files(s[:at[0]]) + s[at[0]:at[1]] + "(file)" + r.lastWords(s[at[1]:])
	}
	for _, at := range absolute.FindAllStringSubmatchIndex(s, -1) {
		if !systemPaths.MatchString(s[at[2]:]) {
			r.removed["path"]++
			return s[:at[2]] + "(path)" + r.lastWords(s[at[2]:])
		}
	}
	return s
}

// lastWords is what an error says after its last colon, which may be a path again.
func (r *redactor) lastWords(s string) string {
	if i := strings.LastIndex(s, ": "); i >= 0 {
		return ": " + r.files(s[i+2:])
	}
	return ""
}
