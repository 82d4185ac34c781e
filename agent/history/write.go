package history

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"
)

// Begin writes down a run that is under way, and answers its id for End. Of r it takes
// who and when, and what is known of the version.
func (d *DB) Begin(ctx context.Context, r Run) (id int64, err error) {
	err = d.write(ctx, func(conn *sql.Conn) error {
		if d.owner == nil {
			d.owner = newOwner(d.path)
		}
		r.Outcome, r.Ended = "", time.Time{}
		id, err = insert(ctx, conn, r, "", d.owner.name)
		return err
	})
	return id, err
}

// End writes down how the run with this id ended. When there is no such run any more, as
// after the file was lost, or it never had an id (0), the run is added.
func (d *DB) End(ctx context.Context, id int64, r Run) error {
	return d.write(ctx, func(conn *sql.Conn) error {
		if id != 0 {
			res, err := conn.ExecContext(ctx, "DELETE FROM findings WHERE run = ?", id)
			if err == nil {
				res, err = conn.ExecContext(ctx, updateRun, append(values(r, "", ""), id)...)
			}
			if err != nil {
				return err
			}
			if n, err := res.RowsAffected(); err != nil || n > 0 {
				return orFirst(err, insertFindings(ctx, conn, id, r.Findings))
			}
		}
		_, err := insert(ctx, conn, r, "", "")
		return err
	})
}

func orFirst(list ...error) error {
	for _, err := range list {
		if err != nil {
			return err
		}
	}
	return nil
}

// Skip writes down why a phone was not backed up. The same reason, told of the same phone
// on the same day with no run between, is counted: reason is by what it is the same.
func (d *DB) Skip(ctx context.Context, r Run, reason string) error {
	r.Outcome, r.Times = Skipped, 1
	if r.Ended.IsZero() {
		r.Ended = r.Started
	}
	y, m, day := r.Started.Local().Date()
	today := time.Date(y, m, day, 0, 0, 0, 0, r.Started.Local().Location())
	return d.write(ctx, func(conn *sql.Conn) error {
		res, err := conn.ExecContext(ctx, `UPDATE runs SET times = times + 1, ended = ?, message = ?, name = ?, evidence = ?
			WHERE id = (SELECT id FROM runs WHERE phone = ? AND outcome = 'skipped' AND reason = ? AND started >= ? AND started <= ?
				AND id > coalesce((SELECT max(id) FROM runs WHERE phone = ? AND outcome <> 'skipped'), 0)
				ORDER BY id DESC LIMIT 1)`,
			millis(r.Ended), bounded(r.Message, maxMessage), bounded(r.Name, maxName), evidence(r.Evidence),
			key(r.UDID), bounded(reason, maxID), millis(today), millis(r.Ended), key(r.UDID))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n > 0 {
			return err
		}
		_, err = insert(ctx, conn, r, reason, "")
		return err
	})
}

// See writes down that a phone was there.
func (d *DB) See(ctx context.Context, p Phone) error {
	return d.write(ctx, func(conn *sql.Conn) error {
		_, err := conn.ExecContext(ctx, `INSERT INTO phones (`+phoneColumns+`)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (phone) DO UPDATE SET udid = excluded.udid, last_seen = excluded.last_seen,
				name = iif(excluded.name = '', name, excluded.name), model = iif(excluded.model = '', model, excluded.model),
				product_type = iif(excluded.product_type = '', product_type, excluded.product_type), ios = iif(excluded.ios = '', ios, excluded.ios)`,
			key(p.UDID), bounded(p.UDID, maxID), bounded(p.Name, maxName), bounded(p.Model, maxName), bounded(p.ProductType, maxID),
			bounded(p.IOSVersion, maxID), millis(p.LastSeen), millis(p.LastSeen))
		if err != nil {
			return err
		}
		// Who invents phones must not make the file grow.
		_, err = conn.ExecContext(ctx, `DELETE FROM phones WHERE phone IN (SELECT phone FROM phones ORDER BY last_seen DESC LIMIT -1 OFFSET ?)`, mostPhones)
		return err
	})
}

// How long rows stay, and how many phones and rows there are at most.
const (
	KeepRuns   = 5 * 366 * 24 * time.Hour
	KeepSkips  = 366 * 24 * time.Hour
	mostPhones = 1000
	mostRows   = 500_000
)

// Prune removes what is older than it is kept.
func (d *DB) Prune(ctx context.Context, now time.Time) error {
	return d.write(ctx, func(conn *sql.Conn) error {
		_, err := conn.ExecContext(ctx, `DELETE FROM runs WHERE started < ? OR outcome = 'skipped' AND started < ?
			OR id <= (SELECT max(id) FROM runs) - ?`, millis(now.Add(-KeepRuns)), millis(now.Add(-KeepSkips)), mostRows)
		return err
	})
}

// Interrupt ends the run of a phone that was making this version and never told its end:
// whoever finds what it left says why. A run that is not in the history is added; one
// that has an end keeps it.
func (d *DB) Interrupt(ctx context.Context, r Run) error {
	r.Outcome = Interrupted
	return d.write(ctx, func(conn *sql.Conn) error {
		var known int
		err := conn.QueryRowContext(ctx, "SELECT count(*) FROM runs WHERE phone = ? AND version = ?", key(r.UDID), bounded(r.Version, maxID)).Scan(&known)
		if err != nil {
			return err
		}
		if known == 0 {
			_, err := insert(ctx, conn, r, "", "")
			return err
		}
		_, err = conn.ExecContext(ctx, `UPDATE runs SET outcome = 'interrupted', cause = ?, message = ?, evidence = ? WHERE phone = ? AND version = ? AND outcome = ''`,
			string(r.Cause), bounded(r.Message, maxMessage), evidence(r.Evidence), key(r.UDID), bounded(r.Version, maxID))
		return err
	})
}

const (
	findingColumns = "run, checked, status, cause, sentence, evidence"
	phoneColumns   = "phone, udid, name, model, product_type, ios, first_seen, last_seen"
	runColumns     = "phone, udid, name, started, ended, seconds, outcome, cause, message, engine, version, full, files, bytes, new_bytes, received, speed, phases, evidence, ios, connection, times, reason, owner"

	insertRun = "INSERT INTO runs (" + runColumns + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
	updateRun = "UPDATE runs SET (" + runColumns + ") = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE id = ?"
)

// values are those of a row, in the order of runColumns.
func values(r Run, reason, owner string) []any {
	return []any{
		key(r.UDID), bounded(r.UDID, maxID), bounded(r.Name, maxName), millis(r.Started), millis(r.Ended), finite(r.Seconds), string(r.Outcome),
		bounded(string(r.Cause), maxID), bounded(r.Message, maxMessage), bounded(r.Engine, maxID), bounded(r.Version, maxID), r.Full,
		max(r.Files, 0), max(r.Bytes, 0), max(r.NewBytes, 0), max(r.Received, 0), finite(r.Speed), phases(r.Phases), evidence(r.Evidence),
		bounded(r.IOSVersion, maxID), bounded(r.Connection, maxID), r.Times, bounded(reason, maxID), owner,
	}
}

func insert(ctx context.Context, conn *sql.Conn, r Run, reason, owner string) (int64, error) {
	res, err := conn.ExecContext(ctx, insertRun, values(r, reason, owner)...)
	if err != nil {
		return 0, err
	}
	id, err := res.LastInsertId()
	if err != nil {
		return 0, err
	}
	return id, insertFindings(ctx, conn, id, r.Findings)
}

func insertFindings(ctx context.Context, conn *sql.Conn, run int64, list []Finding) error {
	for _, f := range list[:min(len(list), maxFindings)] {
		_, err := conn.ExecContext(ctx, "INSERT INTO findings ("+findingColumns+") VALUES (?, ?, ?, ?, ?, ?)", run,
			bounded(f.Check, maxID), bounded(f.Status, maxID), bounded(string(f.Cause), maxID), bounded(f.Sentence, maxMessage), evidence(f.Evidence))
		if err != nil {
			return err
		}
	}
	return nil
}

// phases is a list as the file has it.
func phases(list []Phase) string {
	if len(list) == 0 {
		return ""
	}
	kept := make([]Phase, 0, len(list))
	for _, p := range list[:min(len(list), maxPhases)] {
		kept = append(kept, Phase{bounded(p.Phase, maxID), finite(p.Seconds)})
	}
	data, err := json.Marshal(kept)
	if err != nil {
		return ""
	}
	return string(data)
}

func parsePhases(s string) []Phase {
	var list []Phase
	if s == "" || json.Unmarshal([]byte(s), &list) != nil {
		return nil
	}
	return list
}
