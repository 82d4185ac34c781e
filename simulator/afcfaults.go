package simulator

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// FileRefused is the Fault that answers AFC's operations on files whose path ends in Name with a status, Times times (0 means once): 10
// for permission denied, 20 for an input or output error.
type FileRefused struct {
	Op     string // "list", "info", "open", "read" or "close"
	Name   string // "" means any
	Status int
	Times  int
}

func (f FileRefused) fault() {}

// String names the fault.
func (f FileRefused) String() string {
	return fmt.Sprintf("file %s %q %d %d", f.Op, f.Name, f.Status, max(f.Times, 1))
}

// fileOps are the operations that FileRefused names.
func fileOps() map[string]uint64 {
	return map[string]uint64{"list": opReadDir, "info": opInfo, "open": opOpen, "read": opRead, "close": opClose}
}

// takeFile returns the status that a fault wants an operation answered with.
func (m *meter) takeFile(op uint64, name string) (int, bool) {
	p := m.take(func(f Fault) (int, bool) {
		refused, ok := f.(FileRefused)
		return max(refused.Times, 1), ok && fileOps()[refused.Op] == op && strings.HasSuffix(name, refused.Name)
	})
	if p == nil {
		return 0, false
	}
	return p.fault.(FileRefused).Status, true
}

// named is the path that a packet is about.
func (a *afcConn) named(packet afcPacket) string {
	switch packet.op {
	case opReadDir, opInfo:
		return firstString(packet.args)
	case opOpen:
		return firstString(packet.args[min(8, len(packet.args)):])
	}
	if file := a.files[handleOf(packet.args)]; file != nil {
		return file.path
	}
	return ""
}

func (r *wordReader) fileOp() string {
	op := r.word()
	if _, known := fileOps()[op]; !known {
		r.fail("operation %q: want one of %v", op, slices.Sorted(maps.Keys(fileOps())))
	}
	return op
}
