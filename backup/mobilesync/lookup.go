package mobilesync

import "context"

// Name says which of the phone's files a body is.
type Name struct{ Domain, RelativePath string }

// Lookup finds the names of file ids in Manifest.db. Ids that it does not have
// are not in the answer. Errors are *FileError, or that of ctx.
func (f *Folder) Lookup(ctx context.Context, ids []FileID) (map[FileID]Name, error) {
	d, err := f.openDatabase(ctx)
	if err != nil {
		return nil, err
	}
	defer d.close()
	names := make(map[FileID]Name, len(ids))
	for _, id := range ids {
		if domain, path := d.find(ctx, id); domain != "" {
			names[id] = Name{domain, path}
		}
	}
	return names, ctx.Err()
}
