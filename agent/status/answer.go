package status

import (
	"encoding/json"
	"net/http"

	"homeport/cause"
)

// answer writes v as JSON.
func answer(w http.ResponseWriter, code int, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		refuse(w, http.StatusInternalServerError, "the answer cannot be written: "+err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write(append(data, '\n')) // whoever has gone wants no answer
}

// fail answers an error with the status that its cause means.
func fail(w http.ResponseWriter, err error) {
	f := NewFailure(err)
	answer(w, statusOf(f), errorBody{f})
}

// errorBody is every answer that is an error.
type errorBody struct {
	Error Failure `json:"error"`
}

// refuse answers a request that is wrong by itself.
func refuse(w http.ResponseWriter, code int, message string) {
	answer(w, code, errorBody{Failure{Message: message, ExitCode: cause.ExitUsage}})
}

// statusOf is the status of HTTP that fits an error.
func statusOf(f Failure) int {
	switch f.Cause {
	case cause.NoPhone:
		return http.StatusNotFound
	case cause.NotTrusted, cause.TrustDenied, cause.PairingNeedsUSB, cause.WiFiOnly:
		return http.StatusForbidden
	case "", cause.Unknown:
		if f.ExitCode == cause.ExitUnexpected {
			return http.StatusInternalServerError
		}
	}
	switch f.ExitCode {
	case cause.ExitNoSuch:
		return http.StatusNotFound
	case cause.ExitUsage:
		return http.StatusBadRequest
	}
	return http.StatusConflict // what was asked for does not fit how things stand
}
