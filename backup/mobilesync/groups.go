package mobilesync

import (
	"fmt"
	"slices"
	"strings"
)

// Group is a friendly name for some of a phone's files: "photos", "messages", or
// "app:" and a bundle id.
type Group string

// AppPrefix begins the group of an app.
const AppPrefix = "app:"

// place is a folder of a phone: what lies in path of domain, or all of the domain
// when path is empty.
type place struct{ domain, path string }

// groupPlaces says where iOS keeps what people look for. Places differ between
// versions of iOS; all of them are listed, and those that a phone lacks match
// nothing.
var groupPlaces = []struct {
	group  Group
	places []place
}{
	{"photos", []place{
		{"CameraRollDomain", "Media/DCIM"}, {"CameraRollDomain", "Media/PhotoData/Mutations"}, {"CameraRollDomain", "Media/PhotoData/CPLAssets"},
	}},
	{"messages", []place{{"HomeDomain", "Library/SMS"}, {"MediaDomain", "Library/SMS"}}},
	{"contacts", []place{{"HomeDomain", "Library/AddressBook"}}},
	{"calendar", []place{{"HomeDomain", "Library/Calendar"}}},
	{"notes", []place{{"AppDomainGroup-group.com.apple.notes", ""}, {"HomeDomain", "Library/Notes"}}},
	{"voice-memos", []place{{"MediaDomain", "Media/Recordings"}, {"AppDomainGroup-group.com.apple.VoiceMemos.shared", ""}}},
	{"calls", []place{{"HomeDomain", "Library/CallHistoryDB"}, {"WirelessDomain", "Library/CallHistory"}}},
	{"voicemail", []place{{"HomeDomain", "Library/Voicemail"}}},
	{"safari", []place{{"HomeDomain", "Library/Safari"}, {"AppDomain-com.apple.mobilesafari", ""}}},
	{"health", []place{{"HealthDomain", ""}}},
	{"books", []place{{"BooksDomain", ""}, {"MediaDomain", "Media/Books"}}},
}

// Groups names the groups that there are, apps excepted.
func Groups() []Group {
	names := make([]Group, len(groupPlaces))
	for i, g := range groupPlaces {
		names[i] = g.group
	}
	return names
}

// ParseGroup takes the name of a group.
func ParseGroup(s string) (Group, error) {
	g := Group(s)
	if id, ok := strings.CutPrefix(s, AppPrefix); ok && id != "" || slices.Contains(Groups(), g) {
		return g, nil
	}
	return "", fmt.Errorf("no group %q: want %sBUNDLE or one of %v", s, AppPrefix, Groups())
}

// GroupOf says to which group a file belongs: the first that fits, else its app's,
// else "".
func GroupOf(domain, path string) Group {
	for _, g := range groupPlaces {
		for _, p := range g.places {
			if p.holds(domain, path) {
				return g.group
			}
		}
	}
	if id := appOf(domain); id != "" {
		return AppPrefix + Group(id)
	}
	return ""
}

// Has says whether a file belongs to the group. An app has its own domain, those
// of its extensions, and the shared ones whose name begins with its bundle id.
func (g Group) Has(domain, path string) bool {
	if id, ok := strings.CutPrefix(string(g), AppPrefix); ok {
		of := appOf(domain)
		return of == id || strings.HasPrefix(of, id+".") && domain != "AppDomain-"+of
	}
	for _, known := range groupPlaces {
		if known.group == g {
			return slices.ContainsFunc(known.places, func(p place) bool { return p.holds(domain, path) })
		}
	}
	return false
}

func (p place) holds(domain, path string) bool {
	return domain == p.domain && inside(path, p.path)
}

// inside says whether path is folder or lies in it.
func inside(path, folder string) bool {
	return folder == "" || path == folder || strings.HasPrefix(path, folder) && path[len(folder)] == '/'
}

// appOf is the bundle id that the name of an app's domain holds; "" for others.
func appOf(domain string) string {
	for _, prefix := range []string{"AppDomain-", "AppDomainPlugin-", "AppDomainGroup-group.", "AppDomainGroup-"} {
		if id, ok := strings.CutPrefix(domain, prefix); ok {
			return id
		}
	}
	return ""
}
