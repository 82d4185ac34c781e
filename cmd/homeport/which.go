package main

import (
	"context"
	"errors"
	"fmt"

	"homeport/backup/store"
	"homeport/cause"
	"homeport/usbmux"
)

// oneVersion finds the version that a phone and an id mean, either of which may be
// missing: without an id it is the newest sound one of the one phone that fits.
func oneVersion(ctx context.Context, st *store.Store, args []string) (store.Version, error) {
	list, err := toVerify(ctx, st, args)
	if err != nil {
		return store.Version{}, err
	}
	if len(list) == 1 && hasVersion(args) {
		return list[0], nil
	}
	return newestOf(list, st.Path(), first(args))
}

func hasVersion(args []string) bool {
	for _, a := range args {
		if versionForm.MatchString(a) {
			return true
		}
	}
	return false
}

// newestOf picks the newest version that nothing is known against. When all are
// damaged it is the newest of them, for whoever takes it nevertheless.
func newestOf(list []store.Version, path, name string) (store.Version, error) {
	if len(list) == 0 {
		return store.Version{}, cause.New(cause.NoSuchVersion, nil, fmt.Errorf("find version: there are no backups in %s", path))
	}
	var phones []string
	best := list[0]
	for i, v := range list {
		if i == 0 || !usbmux.SameUDID(v.UDID, list[i-1].UDID) {
			phones = append(phones, nameOfVersion(v)+" ("+v.UDID+")")
		}
		if v.Latest {
			best = v
		}
	}
	if len(phones) > 1 {
		ev := cause.Evidence{"phones": phones}
		if name != "" {
			ev["name"] = name
		}
		return store.Version{}, cause.New(cause.PhoneAmbiguous, ev, errors.New("find version: there are backups of several phones, and none was named"))
	}
	return best, nil
}
