CREATE TABLE runs (
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
) WITHOUT ROWID;
INSERT INTO runs (phone, udid, name, started, ended, seconds, outcome, engine, version, full, files, bytes, new_bytes, received, speed, phases, ios, connection)
	VALUES ('00008120000A1B2C3D4E5F60', '00008120-000A1B2C3D4E5F60', 'Anna''s iPhone', 1793520000000, 1793520600000, 600, 'backed-up', 'native', '20261101T080000Z-0001', 1,
	1000, 5000000000, 200000000, 300000000, 40000000, '[{"phase":"receiving","seconds":500.5},{"phase":"finishing","seconds":99.5}]', '18.5', 'USB');
INSERT INTO findings (run, checked, status, cause, sentence, evidence) VALUES (1, 'encryption', 'info', 'encryption-off', 'encryption is off', '{"a":"b"}');
INSERT INTO runs (phone, udid, name, started, ended, outcome, message, times, reason)
	VALUES ('00008120000A1B2C3D4E5F60', '00008120-000A1B2C3D4E5F60', 'Anna''s iPhone', 1793530000000, 1793540000000, 'skipped', 'backed up 3 h ago; next from 18:40', 4, 'not-due');
INSERT INTO runs (phone, udid, name, started, version, owner)
	VALUES ('00008120000A1B2C3D4E5F60', '00008120-000A1B2C3D4E5F60', 'Anna''s iPhone', 1793610000000, '20261102T090000Z-0002', 'GONEGONEGONEGONEGONEGONEGO');
INSERT INTO phones VALUES ('00008120000A1B2C3D4E5F60', '00008120-000A1B2C3D4E5F60', 'Anna''s iPhone', 'iPhone 14 Pro', 'iPhone15,2', '18.5', 1793520000000, 1793610000000);
PRAGMA user_version = 1;
