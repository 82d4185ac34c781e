package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// migrations bring an older file to this version, one step each; PRAGMA user_version
// counts the steps that a file has. A step that was released is never edited.
//
// Times are milliseconds since 1970, phone is a UDID without case or dash, outcome is ”
// while a run is under way.
var migrations = []string{
	`CREATE TABLE runs (
		id         INTEGER PRIMARY KEY AUTOINCREMENT,
		phone      TEXT    NOT NULL,
		udid       TEXT    NOT NULL,
		name       TEXT    NOT NULL DEFAULT '',
		started    INTEGER NOT NULL,
		ended      INTEGER NOT NULL DEFAULT 0,
		seconds    REAL    NOT NULL DEFAULT 0,
		outcome    TEXT    NOT NULL DEFAULT '',
		cause      TEXT    NOT NULL DEFAULT '',
		message    TEXT    NOT NULL DEFAULT '',
		engine     TEXT    NOT NULL DEFAULT '',
		version    TEXT    NOT NULL DEFAULT '',
		full       INTEGER NOT NULL DEFAULT 0,
		files      INTEGER NOT NULL DEFAULT 0,
		bytes      INTEGER NOT NULL DEFAULT 0,
		new_bytes  INTEGER NOT NULL DEFAULT 0,
		received   INTEGER NOT NULL DEFAULT 0,
		speed      REAL    NOT NULL DEFAULT 0,
		phases     TEXT    NOT NULL DEFAULT '',
		evidence   TEXT    NOT NULL DEFAULT '',
		ios        TEXT    NOT NULL DEFAULT '',
		connection TEXT    NOT NULL DEFAULT '',
		times      INTEGER NOT NULL DEFAULT 0,
		reason     TEXT    NOT NULL DEFAULT '',
		owner      TEXT    NOT NULL DEFAULT ''
	);
	CREATE INDEX runs_started ON runs (started);
	CREATE INDEX runs_phone ON runs (phone, started);
	CREATE INDEX runs_open ON runs (id) WHERE outcome = '';
	CREATE INDEX runs_good ON runs (phone, id) WHERE outcome = 'backed-up';
	CREATE TABLE findings (
		run      INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
		checked  TEXT    NOT NULL DEFAULT '',
		status   TEXT    NOT NULL,
		cause    TEXT    NOT NULL,
		sentence TEXT    NOT NULL DEFAULT '',
		evidence TEXT    NOT NULL DEFAULT ''
	);
	CREATE INDEX findings_run ON findings (run);
	CREATE INDEX findings_cause ON findings (cause);
	CREATE TABLE phones (
		phone        TEXT PRIMARY KEY,
		udid         TEXT NOT NULL,
		name         TEXT NOT NULL DEFAULT '',
		model        TEXT NOT NULL DEFAULT '',
		product_type TEXT NOT NULL DEFAULT '',
		ios          TEXT NOT NULL DEFAULT '',
		first_seen   INTEGER NOT NULL,
		last_seen    INTEGER NOT NULL
	) WITHOUT ROWID;`,
}

// ErrNewer says that the file was made by a newer version of this program. It is left as
// it is.
var ErrNewer = errors.New("the history was made by a newer version of Homeport; it is left as it is, and nothing is added to it")

// schemaVersion is how many migrations a file has.
func schemaVersion(ctx context.Context, conn *sql.Conn) (int, error) {
	var n int
	err := conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&n)
	return n, err
}

// migrate applies the steps that a file does not have. Two processes may come here at
// the same time: each step looks again once it has the lock.
func migrate(ctx context.Context, conn *sql.Conn) error {
	for {
		n, err := schemaVersion(ctx, conn)
		switch {
		case err != nil:
			return err
		case n > len(migrations):
			return ErrNewer
		case n < 0:
			return fmt.Errorf("%w: version %d", errNotOurs, n)
		case n == len(migrations):
			return nil
		}
		if err := step(ctx, conn, n); err != nil {
			return err
		}
	}
}

// step applies migration number n, unless somebody else has.
func step(ctx context.Context, conn *sql.Conn, n int) error {
	return within(ctx, conn, func() error {
		now, err := schemaVersion(ctx, conn)
		if err != nil || now != n {
			return err
		}
		if n == 0 {
			if err := empty(ctx, conn); err != nil {
				return err
			}
		}
		if _, err := conn.ExecContext(ctx, migrations[n]); err != nil {
			return err
		}
		_, err = conn.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", n+1))
		return err
	})
}

// empty refuses another program's database.
func empty(ctx context.Context, conn *sql.Conn) error {
	var tables int
	if err := conn.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return err
	}
	if tables > 0 {
		return fmt.Errorf("%w: it has tables of another program", errNotOurs)
	}
	return nil
}
