package backupagent

import (
	"fmt"
)

// listed is an entry of a folder on the host.
type listed struct {
	dir  bool
	size int64
}

// list asks the host what is in a folder; found is false when it has none.
func (s *session) list(path string) (entries map[string]listed, found bool, err error) {
	if err := s.send("DLContentsOfDirectory", path); err != nil {
		return nil, false, err
	}
	r, err := s.reply()
	if err != nil {
		return nil, false, err
	}
	switch code := r.worst(); code {
	case dlOK:
	case dlNotFound:
		return nil, false, nil
	default:
		return nil, false, onRead(code, path)
	}
	dict, ok := r.payload.(map[string]any)
	if !ok {
		return nil, false, fmt.Errorf("list %s: got a %T", path, r.payload)
	}
	entries = make(map[string]listed, len(dict))
	for name, v := range dict {
		facts, _ := v.(map[string]any)
		size, _ := integer(facts["DLFileSize"])
		entries[name] = listed{dir: facts["DLFileType"] == "DLFileTypeDirectory", size: size}
	}
	return entries, true, nil
}
