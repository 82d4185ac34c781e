package status

import (
	_ "embed" // the document
	"net/http"
)

//go:embed openapi.json
var document []byte

// openAPI serves the description of the API.
func openAPI(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if r.Method != http.MethodHead {
		_, _ = w.Write(document)
	}
}
