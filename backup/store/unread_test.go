package store

import (
	"strings"
	"testing"

	"homeport/backup"
	"homeport/backup/mobilesync"
	"homeport/backup/tree"
)

// TestUnchangedBodiesStayUnread makes a version in which one body of many is new,
// and checks it quickly: of the others nothing is opened.
func TestUnchangedBodiesStayUnread(t *testing.T) {
	t.Parallel()
	faults := tree.NewFaults(tree.OS{})
	s := newStore(t, Options{FS: faults})
	c := numbered(40, "one")
	backUp(t, s, udidA, c)
	before := len(faults.Log())
	st := begin(t, s, udidA)
	if st.Info().Strategy == tree.FullCopy.String() {
		t.Skip("here bodies are copied")
	}
	c["new"] = "not there before"
	fill(t, st, udidA, c, script{silent: true})
	v, err := st.Publish(t.Context(), backup.Result{Proof: backup.ProofReceived})
	must(t, err)
	if r := verify(t, s, v, Quick); !r.OK {
		t.Fatal(r.Damage)
	}
	created := mobilesync.NewFileID(domain, "new").String()
	opened := map[string]int{}
	for _, line := range faults.Log()[before:] {
		verb, path, _ := strings.Cut(line, " ")
		if verb != "open" && verb != "read" {
			continue
		}
		if id := path[strings.LastIndexByte(path, '/')+1:]; len(id) == 40 {
			opened[id]++
		}
	}
	// Its sum was not reported, so that it is read; and so the log would tell of others.
	if opened[created] == 0 {
		t.Error("the new body was not read")
	}
	delete(opened, created)
	if len(opened) > 0 {
		t.Errorf("bodies that did not change were opened: %v", opened)
	}
}
