package store

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// VersionID names a version: the UTC time at which its stage was begun and a
// generation, as in 20261122T103140Z-0012.
type VersionID string

const idTime = "20060102T150405Z"

// maxGeneration is the highest generation that a version id holds.
const maxGeneration = 999_999_999

var idForm = regexp.MustCompile(`^\d{8}T\d{6}Z-(\d{4,9})$`)

func newVersionID(now time.Time, generation int) VersionID {
	return VersionID(fmt.Sprintf("%s-%04d", now.UTC().Format(idTime), generation))
}

// Valid says whether v has the form of a version id.
func (v VersionID) Valid() bool { return idForm.MatchString(string(v)) }

// Generation is the number that orders versions; 0 when v is not valid.
func (v VersionID) Generation() int {
	m := idForm.FindStringSubmatch(string(v))
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1]) // at most nine digits
	return n
}
