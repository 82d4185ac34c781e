package status

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"homeport/agent/history"
	"homeport/cause"
)

// How many runs or lines of the log one answer has.
const (
	mostRows  = 1000
	usualRows = 200 // when nobody says how many
)

// runList is the answer of GET /v1/runs.
type runList struct {
	Runs []history.Run `json:"runs"`
}

func (s *Server) runs(w http.ResponseWriter, r *http.Request) {
	q := newQuery(r)
	f := history.Filter{
		Phone: q.text("phone"), Cause: cause.ID(q.text("cause")), Outcome: history.Outcome(q.text("outcome")),
		Since: q.time("since"), Until: q.time("until"), Limit: cmp.Or(q.number("limit"), usualRows),
	}
	if f.Outcome != "" && !slices.Contains(history.Outcomes, f.Outcome) && q.err == nil {
		q.err = errors.New("outcome must be " + oneOf(history.Outcomes))
	}
	if err := q.end("phone", "cause", "outcome", "since", "until", "limit"); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	list, err := s.opts.Runs(r.Context(), f)
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, runList{orNone(list)})
}

// lineList is the answer of GET /v1/log.
type lineList struct {
	Lines []LogLine `json:"lines"`
}

func (s *Server) log(w http.ResponseWriter, r *http.Request) {
	q := newQuery(r)
	want := LogQuery{
		Phone: q.text("phone"), Cause: cause.ID(q.text("cause")), Level: q.text("level"),
		Since: q.time("since"), Limit: cmp.Or(q.number("limit"), usualRows),
	}
	if want.Level != "" && !slices.Contains(logLevels, want.Level) && q.err == nil {
		q.err = errors.New("level must be " + oneOf(logLevels))
	}
	if err := q.end("phone", "cause", "level", "since", "limit"); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	list, err := s.opts.Log(r.Context(), want)
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, lineList{orNone(list)})
}

var logLevels = []string{"debug", "info", "warn", "error"}

// oneOf names what there is to choose from: "debug, info, warn or error".
func oneOf[T ~string](list []T) string {
	var b strings.Builder
	for i, one := range list {
		switch {
		case i > 0 && i == len(list)-1:
			b.WriteString(" or ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(string(one))
	}
	return b.String()
}

// orNone makes an empty list of none, so that JSON has [] and not null.
func orNone[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// query reads the parameters of an address; one that is not known is an error, because
// a filter that is misspelt would show what was not asked for.
type query struct {
	values url.Values
	err    error
}

func newQuery(r *http.Request) *query {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		err = errors.New("what stands after the ? cannot be read: each % and ; in a value is to be written as %25 and %3B")
	}
	return &query{values, err}
}

func (q *query) text(name string) string {
	list := q.values[name]
	delete(q.values, name)
	if len(list) > 1 && q.err == nil {
		q.err = fmt.Errorf("%s stands there twice", name)
	}
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

func (q *query) number(name string) int {
	s := q.text(name)
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if (err != nil || n < 1 || n > mostRows) && q.err == nil {
		q.err = fmt.Errorf("%s must be a number from 1 to %d", name, mostRows)
	}
	return n
}

func (q *query) time(name string) time.Time {
	s := q.text(name)
	if s == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil && q.err == nil {
		q.err = fmt.Errorf("%s must be a time such as 2026-11-22T10:31:40Z", name)
	}
	return at
}

// end answers what is wrong.
func (q *query) end(known ...string) error {
	for name := range q.values {
		if q.err == nil {
			q.err = fmt.Errorf("there is no %q to filter by, only %s", name, strings.Join(known, ", "))
		}
	}
	return q.err
}
