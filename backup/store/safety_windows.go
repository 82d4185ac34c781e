package store

// whyUnsafe says why others could change what is stored below dir, or "". On
// Windows a folder inherits the access list of the one above, and the default
// destination lies in the user's profile.
func whyUnsafe(string) string { return "" }
