package status

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"homeport/cause"
)

// route is one address of the API.
type route struct {
	pattern string
	serve   http.HandlerFunc
	changes bool // it does something: not for the page
}

// routes is the whole API; kind is whose readers of events are counted together.
func (s *Server) routes(kind string) []route {
	return []route{
		{"GET /v1/status", s.status, false},
		{"GET /v1/phones", s.phones, false},
		{"GET /v1/phones/{udid}", s.phone, false},
		{"GET /v1/runs", s.runs, false},
		{"GET /v1/log", s.log, false},
		{"GET /v1/events", s.events(mostReaders, kind), false},
		{"GET /v1/openapi.json", openAPI, false},
		{"POST /v1/runs", s.start, true},
		{"DELETE /v1/runs/{udid}", s.cancel, true},
		{"POST /v1/config/reload", s.reload, true},
		{"POST /v1/page", s.openPage, true},
	}
}

// controlRoutes is all that the control socket has.
func (s *Server) controlRoutes() http.Handler {
	mux := http.NewServeMux()
	for _, r := range s.routes("control") {
		mux.HandleFunc(r.pattern, r.serve)
	}
	return tidy(mux)
}

// pageRoutes is what a page reads.
func (s *Server) pageRoutes() http.Handler {
	mux := http.NewServeMux()
	for _, r := range s.routes("page") {
		if !r.changes {
			mux.HandleFunc(r.pattern, r.serve)
		}
	}
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
	udid := r.PathValue("udid")
	phone, err := s.opts.Cancel(r.Context(), udid)
	if errors.Is(err, ErrNothingRuns) {
		list := s.opts.Snapshot(r.Context()).Phones
		if !slices.ContainsFunc(list, func(p Phone) bool { return SameUDID(p.UDID, udid) }) {
			err = noSuchPhone(udid, list)
		}
	}
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
	data, err := io.ReadAll(r.Body)
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fmt.Errorf("the body has more than %d bytes: %w", large.Limit, err)
	}
	if err != nil {
		return fmt.Errorf("the body did not come whole: %w", err)
	}
	if data = bytes.TrimSpace(data); len(data) == 0 || data[0] != '{' {
		return errors.New(`the body must be an object of JSON, such as {"phone": "NAME"}`)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return fmt.Errorf("%q in the body must not be a %s", wrong.Field, wrong.Value)
		}
		return fmt.Errorf("the body cannot be read: %s", strings.TrimPrefix(err.Error(), "json: "))
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
