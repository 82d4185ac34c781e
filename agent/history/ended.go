package history

import (
	"context"
	"database/sql"
	"time"

	"homeport/cause"
)

// Ended are the tries that began before a moment and are over, in the order in which they
// were written down, for whoever counts them: how each ended, what the phone sent and where
// the time went. Messages, evidence and findings are left out, and so are skips. A run whose
// process is gone counts as Interrupted, and at most mostAnswered are told, the newest.
func (d *DB) Ended(ctx context.Context, before time.Time) (list []Run, err error) {
	err = d.read(ctx, func(conn *sql.Conn) error {
		list = nil
		rows, err := conn.QueryContext(ctx, `SELECT udid, name, started, ended, seconds, outcome, cause, received, phases, owner
			FROM (SELECT * FROM runs WHERE outcome <> 'skipped' AND started < ? ORDER BY id DESC LIMIT ?) ORDER BY id`, millis(before), mostAnswered)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			r, owner, err := scanEnded(rows)
			if err != nil {
				return err
			}
			if d.gone(r, owner) {
				r.Outcome = Interrupted
			}
			if r.Outcome != "" && r.Ended.Before(before) {
				list = append(list, r)
			}
		}
		return rows.Err()
	})
	return list, err
}

func scanEnded(rows *sql.Rows) (r Run, owner string, err error) {
	var outcome, why, steps string
	var started, ended int64
	err = rows.Scan(&r.UDID, &r.Name, &started, &ended, &r.Seconds, &outcome, &why, &r.Received, &steps, &owner)
	r.Started, r.Ended = fromMillis(started), fromMillis(ended)
	r.Outcome, r.Cause, r.Phases = Outcome(outcome), cause.ID(why), parsePhases(steps)
	return r, owner, err
}
