package mobilesync

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
)

// The kinds of a row, in the lowest bits of its flags.
const (
	FlagFile      = 1
	FlagDirectory = 2
	FlagLink      = 4
)

// Row is one line of Manifest.db.
type Row struct {
	FileID       string // as it stands in the database
	Domain       string
	RelativePath string
	Flags        int64
	// File is what the row's blob says; nil when there is none, or when it
	// could not be read, and then FileErr says why.
	File    *MBFile
	FileErr error
}

// HasBody says whether the folder must hold a body for this row.
func (r Row) HasBody() bool { return r.Flags&7 == FlagFile }

const selectRows = `SELECT fileID, domain, relativePath, flags, file FROM Files`

// Rows calls yield for each row of Manifest.db, in the order of the table, and
// stops at its first error, which it returns as it is. The other errors are
// *FileError; for an encrypted database that was not unlocked they wrap
// ErrEncrypted. Rows are streamed: memory does not grow with their number.
func (f *Folder) Rows(ctx context.Context, yield func(Row) error) error {
	return f.rawRows(ctx, func(r *rawRow) error {
		row := Row{FileID: r.id, Domain: r.domain, RelativePath: r.path, Flags: r.flags}
		if r.blob != nil {
			m, err := DecodeMBFile(r.blob)
			if err != nil {
				row.FileErr = err
			} else {
				m.EncryptionKey = bytes.Clone(m.EncryptionKey) // the blob is the driver's
				row.File = &m
			}
		}
		return yield(row)
	})
}

// rawRow is a row whose strings and blob are valid until the next one.
type rawRow struct {
	id, domain, path string
	flags            int64
	blob             []byte
}

func (f *Folder) rawRows(ctx context.Context, yield func(*rawRow) error) error {
	d, err := f.openDatabase(ctx)
	if err != nil {
		return err
	}
	defer d.close()
	var stop error
	err = d.scan(ctx, func(r *rawRow) error {
		stop = yield(r)
		return stop
	})
	switch {
	case err == nil:
		return nil
	case stop != nil:
		return stop
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return &FileError{Name: DatabaseFile, Kind: Unreadable, Err: err}
}

// scan walks the table below database/sql: its conversions cost more than the
// reading when there are a million rows.
func (d *database) scan(ctx context.Context, yield func(*rawRow) error) error {
	return d.conn.Raw(func(c any) error {
		q, ok := c.(driver.QueryerContext)
		if !ok {
			return errors.New("read rows: driver cannot query")
		}
		rows, err := q.QueryContext(ctx, selectRows, nil)
		if err != nil {
			return fmt.Errorf("read rows: %w", err)
		}
		defer rows.Close()
		values := make([]driver.Value, 5)
		var r rawRow
		for n := 0; ; n++ {
			err := rows.Next(values)
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("read rows: %w", err)
			}
			if n == maxRows {
				return fmt.Errorf("read rows: more than %d", maxRows)
			}
			if n%1024 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			r.set(values)
			if err := yield(&r); err != nil {
				return err
			}
		}
	})
}

// set takes the values whatever their type: SQLite columns hold any, and a row of
// the wrong types simply matches nothing later.
func (r *rawRow) set(v []driver.Value) {
	r.id, r.domain, r.path = text(v[0]), text(v[1]), text(v[2])
	r.flags, _ = v[3].(int64)
	r.blob, _ = v[4].([]byte)
}

func text(v driver.Value) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	}
	return ""
}

// find looks up domain and path of a file id; empty when there is no such row.
func (d *database) find(ctx context.Context, id FileID) (domain, path string) {
	var dom, rel sql.NullString
	row := d.conn.QueryRowContext(ctx, `SELECT domain, relativePath FROM Files WHERE fileID = ?`, id.String())
	if row.Scan(&dom, &rel) != nil {
		return "", ""
	}
	return dom.String, rel.String
}
