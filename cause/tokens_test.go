package cause

import (
	"slices"
	"strings"
	"testing"
)

func commonForm(v *vocabulary, text string) string {
	var words []string
	for _, p := range v.tokenize(text) {
		words = append(words, p.word)
	}
	return strings.Join(words, " ")
}

// TestProgramWords holds what is the same in messages of programs.
func TestProgramWords(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{
		{"Could not connect to usbmuxd", "unable to connect to usbmuxd!", "can’t connect to\nUSBMUXD", "FailedToConnectUsbmuxd"},
		{"PasswordProtected", "passwordprotected", "PASSWORD_PROTECTED", "PasswordProtectedError"},
		{"the iPhone disconnected", "iPad disconnected", "Device disconnected"},
		{"device-descriptor read/64", "device descriptor read/64"},
		{"No space left on device", "no space left on device."},
	} {
		want := commonForm(programVocabulary(), same[0])
		for _, text := range same[1:] {
			if got := commonForm(programVocabulary(), straighten(text)); got != want {
				t.Errorf("%q is %q, %q is %q", text, got, same[0], want)
			}
		}
	}
}

// TestPeopleWords holds what people mean by the same thing.
func TestPeopleWords(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{
		{"my phone isn't detected by the PC", "the computer does not see iphone", "laptop can't find the iPad", "iPhone won't show up on my Mac"},
		{"disk is full", "Hard drive is full", "no space left on the drive", "the SSD has no room left"},
		{"stuck at 0%", "it hangs at 0 percent"},
		{"wants a passcode", "asks for the PIN"},
	} {
		want := wordSet(peopleVocabulary().tokenize(same[0]))
		for _, text := range same[1:] {
			if got := wordSet(peopleVocabulary().tokenize(text)); !slices.Equal(got, want) {
				t.Errorf("%q is %q, %q is %q", text, got, same[0], want)
			}
		}
	}
}

func TestSpelling(t *testing.T) {
	t.Parallel()
	for wrong, right := range map[string]string{
		"disapears": "disappear", "conected": "connect", "recoginzed": "recogniz", "passwrd": "password", "computter": "computer",
		"zebra": "zebra", "kangaroo": "kangaroo", "trust": "trust",
	} {
		pieces := peopleVocabulary().split(wrong)
		peopleSpelling().correct(pieces)
		if pieces[0].word != right {
			t.Errorf("%s became %s, want %s", wrong, pieces[0].word, right)
		}
	}
}

// TestTextsTell holds that no text of the catalogue is so short or so common that
// it would be found anywhere.
func TestTextsTell(t *testing.T) {
	t.Parallel()
	x := catalogueIndex()
	for _, list := range x.phrases {
		for _, p := range list {
			worth := 0.0
			for _, w := range p.words {
				if w != gap {
					worth += x.phraseWords.worth(w)
				}
			}
			if worth < telling {
				t.Errorf("%s: a text of %q tells too little: %.1f", p.id, p.words, worth)
			}
		}
	}
}

// TestSaidIsOfTheCatalogue holds that people's words belong to causes, and that
// each wording leads back to its cause.
func TestSaidIsOfTheCatalogue(t *testing.T) {
	t.Parallel()
	for id, list := range said() {
		if _, ok := Lookup(id); !ok {
			t.Errorf("%s has no row", id)
		}
		for _, text := range list {
			if !slices.ContainsFunc(Match(text), func(h Hit) bool { return h.ID == id }) {
				t.Errorf("%q does not lead to %s: %s", text, id, tell(Match(text)))
			}
		}
	}
}
