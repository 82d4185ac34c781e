// Package web owns the files of the status page, as they are served: one HTML file, one
// script and one style sheet, without a build step and without anything from elsewhere.
package web

import (
	"embed"
	"io/fs"
)

//go:embed index.html app.js style.css
var files embed.FS

// Files are index.html, app.js and style.css.
func Files() fs.FS { return files }
