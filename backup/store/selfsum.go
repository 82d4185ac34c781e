package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// selfSumForm finds the sum that a file of ours has of itself. It is the SHA-256 of
// the file with 64 zeros in its place, so that a later Homeport's fields, which this
// one does not know, are in it too.
var selfSumForm = regexp.MustCompile(`"sum": "([0-9a-f]{64})"`)

// anySumForm finds what looks like a sum under any name.
var anySumForm = regexp.MustCompile(`: "[0-9a-f]{64}"`)

// noSum stands where the sum will be.
var noSum = strings.Repeat("0", 2*sha256.Size)

// withSum renders v, whose field of the name sum is noSum, as indented JSON with its
// sum.
func withSum(v any) ([]byte, error) {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, err
	}
	data = append(data, '\n')
	at := selfSumForm.FindSubmatchIndex(data)
	if at == nil {
		return nil, fmt.Errorf("seal %T: no place for its sum", v)
	}
	s := sha256.Sum256(data)
	hex.Encode(data[at[2]:at[3]], s[:])
	return data, nil
}

// sumFits says whether data, in which has was read as its sum, is what withSum made.
// A Homeport of old wrote no sum: then there are only the others that such a file
// holds, and not one whose name was spoiled.
func sumFits(data []byte, has string, others int) bool {
	if has == "" {
		return len(anySumForm.FindAllIndex(data, others+1)) <= others
	}
	at := selfSumForm.FindSubmatchIndex(data)
	if at == nil || string(data[at[2]:at[3]]) != has {
		return false
	}
	blank := bytes.Clone(data)
	copy(blank[at[2]:at[3]], noSum)
	s := sha256.Sum256(blank)
	return hex.EncodeToString(s[:]) == has
}
