package contents

// column is one value of a SQLite record: its serial type and its bytes.
type column struct {
	serial uint64 // 0 is NULL
	bytes  []byte
	n      uint64 // of an integer
	width  int    // its bytes
}

func text[T string | []byte](s T) column {
	return column{serial: 13 + 2*uint64(len(s)), bytes: []byte(s)}
}

func data(b []byte) column { return column{serial: 12 + 2*uint64(len(b)), bytes: b} }

// number is an integer of 0 or more in the fewest bytes, as SQLite writes it.
func number[T ~int | ~uint8 | ~uint32 | ~uint64](v T) column {
	n := uint64(v)
	switch {
	case n <= 1:
		return column{serial: 8 + n}
	case n < 1<<7:
		return column{serial: 1, n: n, width: 1}
	case n < 1<<15:
		return column{serial: 2, n: n, width: 2}
	case n < 1<<23:
		return column{serial: 3, n: n, width: 3}
	case n < 1<<31:
		return column{serial: 4, n: n, width: 4}
	}
	return column{serial: 6, n: n, width: 8}
}

// record lays columns out as a SQLite record in m.rec: the length of the header,
// the serial types, the values.
func (m *manifest) record(columns ...column) {
	header := 1 // its own length, one byte: no header here is longer than 127
	for _, c := range columns {
		header += varintLen(c.serial)
	}
	b := append(m.rec[:0], byte(header))
	for _, c := range columns {
		b = appendVarint(b, c.serial)
	}
	for _, c := range columns {
		b = append(b, c.bytes...)
		for k := c.width - 1; k >= 0; k-- {
			b = append(b, byte(c.n>>(8*k)))
		}
	}
	m.rec = b
}

func varintLen(v uint64) int {
	n := 1
	for v >>= 7; v != 0; v >>= 7 {
		n++
	}
	return n
}
