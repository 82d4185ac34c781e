package mobilebackup2

import (
	"bytes"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"homeport/backup"
	"homeport/backup/tree"
	"homeport/simulator/contents"
	"homeport/usbmux/plist"
)

// heard is a connection whose reads come from the test, and which keeps all that
// is written to it.
type heard struct {
	byteConn
	said *bytes.Buffer
}

func (h heard) Write(p []byte) (int, error) { return h.said.Write(p) }

var _ net.Conn = heard{}

// FuzzRestoreMessage lets a restore answer any bytes: it must end, give nothing out
// that is not sealed, and change nothing.
func FuzzRestoreMessage(f *testing.F) {
	add := func(raw string, msgs ...[]any) {
		var b []byte
		for _, m := range msgs {
			data, err := plist.MarshalBinary(m)
			if err != nil {
				f.Fatal(err)
			}
			b = append(append(b, word(uint32(len(data)))...), data...)
		}
		f.Add(string(b) + raw)
	}
	add("", []any{"DLMessageDownloadFiles", []string{u + "aa/f", "../secret", "OTHER/Info.plist", "version.json"}, map[string]any{}, 1.0})
	add("", []any{"DLContentsOfDirectory", testUDID}, []any{"DLContentsOfDirectory", ".."}, []any{"DLMessageGetFreeDiskSpace"})
	add("", []any{"DLMessageRemoveItems", []string{testUDID}}, []any{"DLMessageMoveItems", map[string]any{u + "aa/f": u + "x"}}, []any{"DLMessageCopyItem", testUDID, "x"})
	add(string(stream(file{u + "aa/f", "evil"}, file{"../secret", "evil"})), []any{"DLMessageUploadFiles", map[string]any{}, 1.0, 5})
	add("", []any{"DLMessageProcessMessage", map[string]any{"MessageName": "Response", "ErrorCode": 205}})
	f.Fuzz(func(t *testing.T, in string) {
		top, dir := amongOthers(t)
		before := hashTree(t, top)
		tr, err := tree.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer tr.Close()
		home, err := tree.Parse(testUDID)
		if err != nil {
			t.Fatal(err)
		}
		var said bytes.Buffer
		s := &restoring{job: restoreJob(t, dir, nil), folder: tr, served: served{home: home, talk: talk{
			ctx: t.Context(), times: New(testOptions()).opts.Deadlines, prog: newProgress(nil),
			link: newLink(heard{byteConn{strings.NewReader(in)}, &said}, time.Second),
		}}}
		sums := s.job.Sum
		s.job.Sum = func(rel tree.Rel) ([32]byte, bool) {
			if rel.First() != testUDID {
				t.Errorf("asked for the sum of %q", rel)
			}
			return sums(rel)
		}
		s.open = s.openSealed
		_ = s.converse(s.answer, s.refused)
		if bytes.Contains(said.Bytes(), []byte(canaryText)) {
			t.Error("the canary was sent")
		}
		same(t, top, before)
	})
}

// randomPhones is how many phones TestRestoreRandomPhones makes;
// HOMEPORT_RANDOM_PHONES sets another number.
const randomPhones = 2

// TestRestoreRandomPhones backs up, changes, backs up again, wipes and restores
// phones of random contents: each byte is what it was at the second backup.
func TestRestoreRandomPhones(t *testing.T) {
	t.Parallel()
	n := randomPhones
	if s := os.Getenv("HOMEPORT_RANDOM_PHONES"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	profiles := []contents.Profile{"", contents.Phone, contents.Small, contents.Large}
	for range n {
		config := contents.Config{
			Seed: random.Uint64(), Files: 1 + random.IntN(300), Bytes: 1 + random.Int64N(6<<20), Profile: profiles[random.IntN(len(profiles))],
		}
		password := ""
		if random.IntN(3) == 0 {
			password = "k4n4ry"
		}
		restoreRandomPhone(t, config, password, random)
	}
}

func restoreRandomPhone(t *testing.T, config contents.Config, password string, random *rand.Rand) {
	t.Helper()
	p, agent, c := agentPhone(t, config)
	defer p.close()
	c.SetPassword(password)
	job := testJob(t, p)
	e := New(testOptions())
	for range 2 {
		if _, err := e.Backup(t.Context(), job, nil); err != nil {
			t.Fatalf("%+v: %v", config, err)
		}
		c.Modify(random.IntN(20))
		c.Add(random.IntN(20))
		c.Delete(random.IntN(10))
	}
	before := hashTree(t, job.Dir)
	c.Wipe()
	restore := restoreJob(t, job.Dir, p)
	restore.Password = backup.Secret(password)
	_, err := e.Restore(t.Context(), restore, nil)
	if st := agent.Stats().Restore; err != nil || !st.Finished || st.Mismatched > 0 {
		t.Errorf("%+v: %v, %+v", config, err, st)
	}
	same(t, job.Dir, before)
}
