package notices

import "strings"

// appleScript is what osascript is called with for a notice. Its texts are arguments of the
// script and not part of it, so that no text can be a command.
func appleScript(n Notice) []string {
	return []string{
		"-e", "on run argv",
		"-e", "display notification (item 2 of argv) with title (item 1 of argv)",
		"-e", "end run",
		n.Title, n.Text,
	}
}

// toastText makes a text fit for a toast of Windows: it goes into an XML section that "]]>"
// would end, and, where the toast has to be shown by PowerShell, into a string in which a
// dollar and a backtick mean something.
func toastText(s string) string {
	return strings.NewReplacer("]]>", "]] >", "$", "＄", "`", "'").Replace(s)
}
