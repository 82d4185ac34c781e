package store

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"sync"

	"homeport/backup/mobilesync"
	"homeport/backup/tree"
)

// received is what an engine reported: the length and sum of each body, by file
// id. It is keyed by the id alone because a phone first uploads a body to
// Snapshot/xx/<id> and then moves it to xx/<id>; the seal uses an entry only for
// a file that is not the base's, so an upload that was never moved cannot lend
// its sum to an older body. An entry is 60 bytes: a first backup of a million
// files has as many of them.
type received struct {
	mu     sync.Mutex
	shards [256][]receipt
}

type receipt struct {
	id  mobilesync.FileID
	sum sum
	n   int64
}

// receiptSize is the length of an entry in the file: id, sum, length.
const receiptSize = 20 + 32 + 8

func (r *received) add(e receipt) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := e.id[0]
	r.shards[i] = append(r.shards[i], e)
}

// sort prepares for find. Of several entries for one id the last one counts.
func (r *received) sort() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, shard := range r.shards {
		slices.SortStableFunc(shard, func(a, b receipt) int { return bytes.Compare(a.id[:], b.id[:]) })
		kept := shard[:0]
		for j, e := range shard {
			if j+1 < len(shard) && shard[j+1].id == e.id {
				continue
			}
			kept = append(kept, e)
		}
		r.shards[i] = kept
	}
}

// find returns the entry of id. The table has to be sorted.
func (r *received) find(id mobilesync.FileID) (receipt, bool) {
	shard := r.shards[id[0]]
	i, ok := slices.BinarySearchFunc(shard, id, func(e receipt, id mobilesync.FileID) int { return bytes.Compare(e.id[:], id[:]) })
	if !ok {
		return receipt{}, false
	}
	return shard[i], true
}

func (r *received) len() int {
	n := 0
	for _, s := range r.shards {
		n += len(s)
	}
	return n
}

// merge adds what older has and r has not. Both must be sorted; r is afterwards.
func (r *received) merge(older *received) {
	for i, shard := range older.shards {
		r.shards[i] = append(slices.Clip(shard), r.shards[i]...)
	}
	r.sort()
}

// save writes the table durably into d.
func (r *received) save(d tree.Dir) error {
	fresh := receivedName + freshSuffix
	if err := removeAll(d, fresh); err != nil {
		return err
	}
	f, err := d.Create(fresh)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(f, 64<<10)
	var b [receiptSize]byte
	for _, shard := range r.shards {
		for _, e := range shard {
			copy(b[:20], e.id[:])
			copy(b[20:52], e.sum[:])
			binary.BigEndian.PutUint64(b[52:], uint64(e.n))
			_, _ = out.Write(b[:]) // kept by the bufio.Writer until Flush
		}
	}
	if err := out.Flush(); err != nil {
		_ = f.Close()
		return err
	}
	if err := finishFile(f, int64(r.len())*receiptSize); err != nil {
		return err
	}
	if err := d.Rename(fresh, d, receivedName); err != nil {
		return err
	}
	return d.Sync()
}

// loadReceived reads a table; a missing one is empty. want is the number of
// entries that stage.json promises.
func loadReceived(d tree.Dir, want int) (*received, error) {
	r := &received{}
	f, err := d.Open(receivedName)
	if errors.Is(err, fs.ErrNotExist) && want == 0 {
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 64<<10)
	var b [receiptSize]byte
	for range want {
		if _, err := io.ReadFull(in, b[:]); err != nil {
			return nil, fmt.Errorf("read %s: %w", receivedName, err)
		}
		r.add(receipt{
			id: mobilesync.FileID(b[:20]), sum: sum(b[20:52]), n: int64(binary.BigEndian.Uint64(b[52:])),
		})
	}
	r.sort()
	return r, nil
}
