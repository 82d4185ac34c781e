package simulator

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"time"
)

// Photos says what AFC shows of a phone's pictures. It is a camera roll of its own, not the one that a backup sends: that one has
// neither Live Photos nor edits.
type Photos struct {
	Count  int   `yaml:"count"`      // pictures taken with the phone, in /DCIM; 8
	Live   int   `yaml:"live_pairs"` // so many of the first are Live Photos: a .MOV beside the .HEIC
	Edits  int   `yaml:"edits"`      // so many of the first were edited: an .AAE beside, and the edited picture below /PhotoData/Mutations
	Synced int   `yaml:"synced"`     // pictures of other devices that iCloud Photos has put on the phone, in /PhotoData/CPLAssets
	Cloud  int   `yaml:"in_cloud"`   // pictures whose original is only in iCloud: Photos.sqlite knows them, and no file is there
	Size   int64 `yaml:"size"`       // how many bytes one has, more or less; 65536

	Library bool `yaml:"library"` // Photos.sqlite is there, as when pictures are in iCloud
}

func (p Photos) withDefaults() Photos {
	if p.Count == 0 {
		p.Count = 8
	}
	if p.Size == 0 {
		p.Size = 64 << 10
	}
	p.Library = p.Library || p.Cloud > 0
	return p
}

func (p Photos) valid() bool {
	return min(p.Count, p.Live, p.Edits, p.Synced, p.Cloud) >= 0 && p.Size > 0 && max(p.Live, p.Edits) <= p.Count &&
		max(p.Count, p.Synced, p.Cloud) <= 1_000_000 && p.Size <= 1<<40
}

// The places of pictures in the media folder.
const (
	cameraDir    = "/DCIM"
	syncedDir    = "/PhotoData/CPLAssets"
	mutationsDir = "/PhotoData/Mutations"
	perDCIM      = 1000 // pictures of one folder
	perGroup     = 256
)

// gallery makes pictures. Their bytes are made when they are read, and never stored.
type gallery struct {
	tree     *tree
	identity string
	size     int64
	pool     []byte
	taken    []string // paths of those taken with the phone, deleted ones included
	cloud    int
}

// newGallery fills a media folder with a phone's pictures.
func newGallery(t *tree, identity string, spec Photos) (*gallery, error) {
	g := &gallery{tree: t, identity: identity, size: spec.Size, pool: make([]byte, poolSize), cloud: spec.Cloud}
	var seed [32]byte
	copy(seed[:], seeded(32, identity, "photos"))
	_, _ = rand.NewChaCha8(seed).Read(g.pool) // never fails
	for i := range spec.Count {
		g.take(i < spec.Live)
		if i < spec.Edits {
			g.edit(i)
		}
	}
	for i := range spec.Synced {
		name := fmt.Sprintf("%s/group%d/%s.HEIC", syncedDir, 100+i/perGroup, seededUUID(identity, fmt.Sprint("synced", i)))
		g.put(name, g.length(name), g.date(i), 0)
	}
	if !spec.Library {
		return g, nil
	}
	t.makeDir(path.Dir(libraryFile))
	return g, g.writeLibrary()
}

// date is when the n-th picture was taken: one every seven hours and a bit.
func (g *gallery) date(n int) time.Time {
	return time.Date(2024, 1, 15, 9, 30, 12, 345_678_000, time.UTC).Add(time.Duration(n) * (7*time.Hour + 11*time.Minute))
}

// length spreads sizes between a half and one and a half of the usual one.
func (g *gallery) length(name string) int64 {
	return max(1, g.size/2+int64(g.key(name, 0)%uint64(g.size+1)))
}

func (g *gallery) key(name string, generation int) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %s %d", g.identity, name, generation)
	return h.Sum64()
}

// take makes one more picture, where a phone would put it: IMG_9999 is followed by IMG_0001, in another folder.
func (g *gallery) take(live bool) {
	n := len(g.taken)
	stem := fmt.Sprintf("%s/%03dAPPLE/IMG_%04d", cameraDir, 100+n/perDCIM, n%9999+1)
	name := stem + ".HEIC"
	g.put(name, g.length(name), g.date(n), 0)
	if live {
		g.put(stem+".MOV", g.length(stem+".MOV"), g.date(n), 0)
	}
	g.taken = append(g.taken, name)
}

// edit edits the n-th picture: the recipe lies beside it, the result elsewhere, as Photos keeps it.
func (g *gallery) edit(n int) {
	stem, _ := strings.CutSuffix(g.taken[n], ".HEIC")
	later := g.date(n).Add(48 * time.Hour)
	g.put(stem+".AAE", 771, later, 0)
	result := path.Join(mutationsDir, stem, "Adjustments/FullSizeRender.heic")
	g.put(result, g.length(result), later, 0)
}

// put makes or replaces a file whose bytes follow from its name and generation.
func (g *gallery) put(name string, size int64, date time.Time, generation int) {
	g.tree.makeDir(path.Dir(name))
	file, _ := g.tree.open(name, true)
	g.tree.mu.Lock()
	defer g.tree.mu.Unlock()
	file.body = &pictureBody{pool: g.pool, key: g.key(name, generation), size: size}
	file.modified, file.born = date, date
}

// TakePhotos takes n pictures with the phone, every other one a Live Photo.
func (p *Phone) TakePhotos(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range n {
		p.gallery.take(i%2 == 0)
	}
}

// DeletePhotos deletes the first n pictures that are left, with what lies beside them, and answers how many there were.
func (p *Phone) DeletePhotos(n int) int { return p.eachPhoto(n, (*gallery).erase) }

// RetouchPhotos gives the first n pictures that are left other bytes and a new date, and answers how many there were. Photos itself
// never touches an original; other programs do.
func (p *Phone) RetouchPhotos(n int) int { return p.eachPhoto(n, (*gallery).retouch) }

func (p *Phone) eachPhoto(n int, do func(*gallery, string)) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	done := 0
	for _, name := range p.gallery.taken {
		if done == n {
			break
		}
		if _, status := p.media.open(name, false); status == afcOK {
			do(p.gallery, name)
			done++
		}
	}
	return done
}

func (g *gallery) erase(name string) {
	stem, _ := strings.CutSuffix(name, ".HEIC")
	for _, each := range []string{name, stem + ".MOV", stem + ".AAE", path.Join(mutationsDir, stem)} {
		g.tree.remove(each, true)
	}
}

func (g *gallery) retouch(name string) {
	file, _ := g.tree.open(name, false)
	at := slices.Index(g.taken, name)
	g.put(name, g.tree.size(file)+1, g.date(at).Add(24*time.Hour), 1)
}

// SetMediaTimes dates a file in the media folder: when it was changed last, and when it was made.
func (p *Phone) SetMediaTimes(name string, modified, born time.Time) error {
	file, status := p.media.open(name, false)
	if status != afcOK {
		return fmt.Errorf("date media file %q: afc status %d", name, status)
	}
	p.media.mu.Lock()
	defer p.media.mu.Unlock()
	file.modified, file.born = modified, born
	return nil
}

// guarded tells whether a locked phone keeps a file to itself: its pictures, and not what computers sync.
func guarded(name string) bool {
	return strings.HasPrefix(name, cameraDir+"/") || strings.HasPrefix(name, "/PhotoData/")
}

// pictureBody is what is in a picture: blocks cut from a pool of random bytes, each with a stamp of its own, so that no two places of
// any two pictures are equal.
type pictureBody struct {
	pool []byte
	key  uint64
	size int64
}

const (
	pictureBlock = 32 << 10
	poolSize     = 256 << 10
)

// ReadAt is io.ReaderAt.
func (b *pictureBody) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) && off < b.size {
		block, at := off/pictureBlock, off%pictureBlock
		mixed := (b.key ^ uint64(block)) * 0x9e3779b97f4a7c15
		var stamp [16]byte
		binary.LittleEndian.PutUint64(stamp[:], b.key)
		binary.LittleEndian.PutUint64(stamp[8:], uint64(block))
		piece := stamp[min(at, 16):]
		if at >= 16 {
			start := int64(mixed>>33) % (poolSize - pictureBlock)
			piece = b.pool[start+at : start+pictureBlock]
		}
		k := copy(p[n:], piece[:min(int64(len(piece)), b.size-off)])
		n, off = n+k, off+int64(k)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
