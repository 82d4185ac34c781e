// Package web owns the files of the status page, as they are served: one HTML file, its
// script in modules, a style sheet and an icon, without a build step and without anything
// from elsewhere.
package web

import (
	"embed"
	"io/fs"
)

//go:embed *.html *.js *.css *.svg
var files embed.FS

// Files are index.html and what it names.
func Files() fs.FS { return files }
