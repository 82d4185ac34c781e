package status

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"homeport/cause"
)

// readRoutes are the addresses that both listeners have.
func (s *Server) readRoutes(mux *http.ServeMux, kind string) {
	mux.HandleFunc("GET /v1/status", s.status)
	mux.HandleFunc("GET /v1/phones", s.phones)
	mux.HandleFunc("GET /v1/phones/{udid}", s.phone)
	mux.HandleFunc("GET /v1/runs", s.runs)
	mux.HandleFunc("GET /v1/log", s.log)
	mux.HandleFunc("GET /v1/events", s.events(mostReaders, kind))
}

// controlRoutes is the whole API.
func (s *Server) controlRoutes() http.Handler {
	mux := http.NewServeMux()
	s.readRoutes(mux, "control")
	mux.HandleFunc("POST /v1/runs", s.start)
	mux.HandleFunc("DELETE /v1/runs/{udid}", s.cancel)
	mux.HandleFunc("POST /v1/config/reload", s.reload)
	mux.HandleFunc("POST /v1/page", s.openPage)
	return tidy(mux)
}

// pageRoutes is what a page reads.
func (s *Server) pageRoutes() http.Handler {
	mux := http.NewServeMux()
	s.readRoutes(mux, "page")
	for address, f := range pageFiles() {
		mux.Handle("GET "+address, f)
	}
	return tidy(mux)
}

// tidy answers what mux does not know as every other error is answered.
func tidy(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		seen := &glimpse{header: http.Header{}}
		h.ServeHTTP(seen, r)
		if seen.code == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", seen.header.Get("Allow"))
			refuse(w, seen.code, r.Method+" is not for this address")
			return
		}
		refuse(w, http.StatusNotFound, "there is no such address here; see /v1/openapi.json")
	})
}

// glimpse takes an answer that is not sent.
type glimpse struct {
	header http.Header
	code   int
}

func (g *glimpse) Header() http.Header         { return g.header }
func (g *glimpse) Write(p []byte) (int, error) { return len(p), nil }
func (g *glimpse) WriteHeader(code int)        { g.code = code }

func (s *Server) status(w http.ResponseWriter, r *http.Request) {
	answer(w, http.StatusOK, s.opts.Snapshot(r.Context()))
}

// phoneList is the answer of GET /v1/phones.
type phoneList struct {
	Phones []Phone `json:"phones"`
}

func (s *Server) phones(w http.ResponseWriter, r *http.Request) {
	answer(w, http.StatusOK, phoneList{s.opts.Snapshot(r.Context()).Phones})
}

func (s *Server) phone(w http.ResponseWriter, r *http.Request) {
	list := s.opts.Snapshot(r.Context()).Phones
	udid := r.PathValue("udid")
	if i := slices.IndexFunc(list, func(p Phone) bool { return SameUDID(p.UDID, udid) }); i >= 0 {
		answer(w, http.StatusOK, list[i])
		return
	}
	fail(w, noSuchPhone(udid, list))
}

func noSuchPhone(name string, list []Phone) error {
	var known []string
	for _, p := range list {
		known = append(known, p.Label())
	}
	return cause.New(cause.NoSuchPhone, cause.Evidence{"name": name, "phones": known}, fmt.Errorf("find phone %q: it was never here", name))
}

func (s *Server) start(w http.ResponseWriter, r *http.Request) {
	var req StartRequest
	if err := readBody(r, &req); err != nil {
		refuse(w, bodyStatus(err), err.Error())
		return
	}
	phone, err := s.opts.Start(r.Context(), req)
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusAccepted, phone)
}

func (s *Server) cancel(w http.ResponseWriter, r *http.Request) {
	phone, err := s.opts.Cancel(r.Context(), r.PathValue("udid"))
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusAccepted, phone)
}

func (s *Server) reload(w http.ResponseWriter, r *http.Request) {
	done := s.opts.Reload(r.Context())
	code := http.StatusOK
	if !done.OK {
		code = http.StatusUnprocessableEntity
	}
	answer(w, code, done)
}

func (s *Server) openPage(w http.ResponseWriter, _ *http.Request) {
	p, err := s.OpenPage()
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, p)
}

// readBody reads a body that holds one object of known fields.
func readBody(r *http.Request, into any) error {
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("the body cannot be read: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("the body has more than one object")
	}
	return nil
}

func bodyStatus(err error) int {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusBadRequest
}
