package history

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"homeport/cause"
)

// Runs are those that f means, the newest first. A run whose process has gone without
// telling its end is Interrupted.
func (d *DB) Runs(ctx context.Context, f Filter) ([]Run, error) {
	where, args := f.where()
	limit := f.Limit
	if limit == 0 {
		limit = DefaultLimit
	}
	// An outcome that is found out below decides here too.
	open := f.Outcome == Interrupted
	if f.Outcome != "" {
		or := ""
		if open {
			or = " OR outcome = ''"
		}
		where, args = append(where, "(outcome = ?"+or+")"), append(args, string(f.Outcome))
	}
	return d.runs(ctx, where, args, limit, func(r Run) bool { return !open || r.Outcome == Interrupted })
}

// longest is how long before its end a row began, at most: it spares a look at all of
// them.
const longest = 7 * 24 * time.Hour

// where is the filter as conditions, but for the outcome.
func (f Filter) where() (conditions []string, args []any) {
	add := func(ok bool, condition string, values ...any) {
		if ok {
			conditions, args = append(conditions, condition), append(args, values...)
		}
	}
	add(f.Phone != "", "phone = ?", key(f.Phone))
	add(f.Cause != "", "(cause = ? OR id IN (SELECT run FROM findings WHERE findings.cause = ?))", string(f.Cause), string(f.Cause))
	add(!f.Since.IsZero(), "started >= ? AND (started >= ? OR ended >= ?)", millis(f.Since.Add(-longest)), millis(f.Since), millis(f.Since))
	add(!f.Until.IsZero(), "started < ?", millis(f.Until))
	return conditions, args
}

// Left are the runs that were under way when their process went, oldest first.
func (d *DB) Left(ctx context.Context) ([]Run, error) {
	list, err := d.runs(ctx, []string{"outcome = ''"}, nil, -1, func(r Run) bool { return r.Outcome == Interrupted })
	slices.Reverse(list)
	return list, err
}

// mostAnswered bounds one answer, whatever was asked for.
const mostAnswered = 100_000

func (d *DB) runs(ctx context.Context, where []string, args []any, limit int, wanted func(Run) bool) (list []Run, err error) {
	if limit < 0 || limit > mostAnswered {
		limit = mostAnswered
	}
	query := "SELECT id, " + runColumns + " FROM runs"
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	query += " ORDER BY started DESC, id DESC"
	err = d.read(ctx, func(conn *sql.Conn) error {
		list = nil
		rows, err := conn.QueryContext(ctx, query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for len(list) < limit && rows.Next() {
			r, owner, err := scanRun(rows)
			if err != nil {
				return err
			}
			if d.gone(r, owner) {
				r.Outcome = Interrupted
			}
			if wanted(r) {
				list = append(list, r)
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
		return addFindings(ctx, conn, list)
	})
	return list, err
}

// gone reports whether a run has no end and nobody who could still tell it.
func (d *DB) gone(r Run, by string) bool {
	mine := ""
	if d.owner != nil {
		mine = d.owner.name
	}
	return r.Outcome == "" && !alive(d.path, by, mine, r.Started)
}

func scanRun(rows *sql.Rows) (r Run, owner string, err error) {
	var phone, outcome, why, steps, ev, reason string
	var started, ended int64
	err = rows.Scan(&r.ID, &phone, &r.UDID, &r.Name, &started, &ended, &r.Seconds, &outcome, &why, &r.Message, &r.Engine, &r.Version,
		&r.Full, &r.Files, &r.Bytes, &r.NewBytes, &r.Received, &r.Speed, &steps, &ev, &r.IOSVersion, &r.Connection, &r.Times, &reason, &owner)
	r.Started, r.Ended = fromMillis(started), fromMillis(ended)
	r.Outcome, r.Cause = Outcome(outcome), cause.ID(why)
	r.Phases, r.Evidence = parsePhases(steps), parseEvidence(ev)
	return r, owner, err
}

// addFindings reads those of the runs, which are sorted by nothing in particular.
func addFindings(ctx context.Context, conn *sql.Conn, list []Run) error {
	if len(list) == 0 {
		return nil
	}
	at := make(map[int64]int, len(list))
	low, high := list[0].ID, list[0].ID
	for i, r := range list {
		at[r.ID] = i
		low, high = min(low, r.ID), max(high, r.ID)
	}
	rows, err := conn.QueryContext(ctx, "SELECT "+findingColumns+" FROM findings WHERE run BETWEEN ? AND ? ORDER BY rowid", low, high)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var run int64
		var why, ev string
		var f Finding
		if err := rows.Scan(&run, &f.Check, &f.Status, &why, &f.Sentence, &ev); err != nil {
			return err
		}
		if i, ok := at[run]; ok {
			f.Cause, f.Evidence = cause.ID(why), parseEvidence(ev)
			list[i].Findings = append(list[i].Findings, f)
		}
	}
	return rows.Err()
}

// Phones are all that were seen, the one seen last first.
func (d *DB) Phones(ctx context.Context) (list []Phone, err error) {
	err = d.read(ctx, func(conn *sql.Conn) error {
		list = nil
		rows, err := conn.QueryContext(ctx, `SELECT p.udid, p.name, p.model, p.product_type, p.ios, p.first_seen, p.last_seen,
				coalesce(r.ended, 0), coalesce(r.version, '')
			FROM phones p LEFT JOIN runs r ON r.id = (SELECT max(id) FROM runs WHERE phone = p.phone AND outcome = 'backed-up')
			ORDER BY p.last_seen DESC, p.phone`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var p Phone
			var first, last, good int64
			if err := rows.Scan(&p.UDID, &p.Name, &p.Model, &p.ProductType, &p.IOSVersion, &first, &last, &good, &p.LastVersion); err != nil {
				return err
			}
			p.FirstSeen, p.LastSeen, p.LastGood = fromMillis(first), fromMillis(last), fromMillis(good)
			list = append(list, p)
		}
		return rows.Err()
	})
	return list, err
}

// LastGood is when the newest backup of a phone that the history knows of was finished;
// false: it knows of none.
func (d *DB) LastGood(ctx context.Context, udid string) (at time.Time, ok bool, err error) {
	err = d.read(ctx, func(conn *sql.Conn) error {
		var ended int64
		err := conn.QueryRowContext(ctx, "SELECT ended FROM runs WHERE phone = ? AND outcome = 'backed-up' ORDER BY id DESC LIMIT 1", key(udid)).Scan(&ended)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		at, ok = fromMillis(ended), err == nil
		return err
	})
	return at, ok, err
}
