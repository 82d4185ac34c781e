package history

import (
	"context"
	"database/sql"
	"testing"
)

// BenchmarkRuns lists the newest of 100,000 runs.
func BenchmarkRuns(b *testing.B) {
	d, _ := open(b, b.TempDir())
	must(b, d.write(b.Context(), func(conn *sql.Conn) error { return many(b.Context(), conn, 100_000) }))
	for name, f := range map[string]Filter{
		"newest": {}, "phone": {Phone: anna}, "cause": {Cause: "host-disk-full"}, "outcome": {Outcome: Failed}, "since": {Since: noon},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := d.Runs(b.Context(), f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			must(b, d.End(b.Context(), 0, good(anna, noon, "v")))
		}
	})
}

func many(ctx context.Context, conn *sql.Conn, n int) error {
	_, err := conn.ExecContext(ctx, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < ?)
		INSERT INTO runs (phone, udid, name, started, ended, outcome, cause, message)
		SELECT iif(i % 5, '00008120000A1B2C3D4E5F60', 'B'), 'u', 'name', i * 1000, i * 1000 + 500, iif(i % 10, 'backed-up', 'failed'), iif(i % 1000, '', 'host-disk-full'), 'text' FROM n`, n)
	return err
}
