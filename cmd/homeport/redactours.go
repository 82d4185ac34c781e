package main

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"homeport/cause"
)

// commonWords say nothing about anybody, though phones, accounts and drives are
// called so.
var commonWords = setOf(`iphone ipad ipod phone apple the von der des las los mein meine my pro mini plus air touch
	simulated home user users admin root backup backups homeport data local localhost default none null true false
	this macbook windows linux untitled disk drive external usb xs xr se th nd rd st gen generation`)

// appleFiles are in every backup, and every store has such files.
var appleFiles = setOf(`info.plist manifest.plist manifest.db status.plist sha256sums version.json marks.json lease.json format lock staging versions`)

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		set[w] = true
	}
	return set
}

// everybodys says whether a thing is what anybody may have: iPhone, iPhone (2).
func everybodys(thing string) bool {
	if appleFiles[strings.ToLower(thing)] {
		return true
	}
	words := strings.FieldsFunc(strings.ToLower(thing), notLetter)
	for _, w := range words {
		if !commonWords[w] && !plainNumber(w) {
			return false
		}
	}
	// What has no word, a sign of the writing apart, may be a picture.
	return len(words) > 1 || len(words) == 1 && commonWords[words[0]]
}

// plainNumber is a number that tells nothing.
func plainNumber(w string) bool {
	return len(w) <= 4 && !strings.ContainsFunc(w, func(r rune) bool { return r < '0' || r > '9' })
}

// onlyOurs says whether every word of a thing is in every report anyway. Then the
// thing is not to be taken out of the middle of a sentence.
func (r *redactor) onlyOurs(thing string) bool {
	if strings.ContainsFunc(thing, func(c rune) bool { return c > unicode.MaxASCII && notLetter(c) && !unicode.IsPunct(c) }) {
		return false // a picture
	}
	phone := false
	for _, w := range strings.FieldsFunc(strings.ToLower(thing), notLetter) {
		letter := len(w) == 1 && w[0] < utf8.RuneSelf
		if !letter && !plainNumber(w) && !r.isOurs(w) {
			return false
		}
		phone = phone || strings.HasPrefix(w, "iph") || strings.HasPrefix(w, "ipa")
	}
	return !phone // "May's iPhone" is somebody's, though each word is ours
}

// isOurs says whether a word, in lower case, is in every report.
func (r *redactor) isOurs(word string) bool {
	return commonWords[word] || r.ours[word] || ourWords()[word]
}

// ourWords are the words of the catalogue, of a report itself, and of what Homeport
// says and logs.
var ourWords = sync.OnceValue(func() map[string]bool {
	set := setOf(moreWords)
	add := func(text string) {
		for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) }) {
			set[w] = true
		}
	}
	for _, row := range cause.All() {
		add(string(row.ID) + " " + row.Title + " " + row.Sentence + " " + row.Plain + " " + row.Does())
		for _, list := range [][]string{row.Special, row.Remedy, row.RemedyDarwin, row.RemedyWindows, row.RemedyLinux} {
			add(strings.Join(list, " "))
		}
	}
	for kind, words := range kindWords {
		add(kind + " " + words)
	}
	for key := range keyKinds {
		add(key)
	}
	for file := range appleFiles {
		add(file)
	}
	add(readmeEnd + reportHelp)
	return set
})

// moreWords are words of findings and of the log that the catalogue does not have.
const moreWords = `able about absent access account accounts active address after again age ago agent all allowed already also always announce answer
answers any anybody apart api app arch automatic automatically argument arguments arrived ask asked asks at attach attached attempt attempts auto available back base
battery because been before begin begins being below best between bits bom both broken buffer build built bus busy but byte bytes cable cancel
canceled cancelled case change changed charge charger check checked checks chip client clone clock close closed code command commands computer
computers config configuration connect connected connection content context copied copies copy count counts current cut daemon damage damaged
date dates day days deadline debug deep denied dest destination detach detached device devices dial directory does domain domains done down drives
due each early eight eighty eleven empty encrypted encryption end ended ends engine engines enough eof error errors event every everything evidence
exceeded exec exist exists exit expected expired extra fail failed failing failure failures false fast few fifo file files filled find findings
finish finished first five folder folders follow for found four free frequency from full further gadget get gives go goes going gone good group had
half handshake happens hard has have having helps hidden high history host hosts hour hours how hub idle ignored image in incoming incremental
indeed info input inside install installed integer interface internal interrupted invalid inode iface is issue items its itself jobs json just keep
kept kernel key keys kind knows label labels last later latest least left length less let level levels library like limit line lines link linked
links list listed listen lists little live load local lock locked log logged logs long longer look looks lost low main max maximum minimum make makes many mark marks
matter may mean means memory message messages metadata minute minutes missing mode model mounted much mux name named names native near need needed
needs neither network never new newer newest next nine no noise non nor not note notes nothing notice number numbers object of off offered ok
old older on once one only open opened operation option or other others out outlook output over own owner part partial parts pass passed paths
pause pending percent permission phase phones pid pins pinned pipe place placed plan plug plugged plural point port ports present probed process
processors product program programs progress proof proven protocol published quick quiet read readable reads ready real reason received record
recorded records refused release removed repeat report request reserve reset resource response rest restart result results retry return right
round row rows run running runs said same save saved say says scan second seconds see seen sees send sent serial service set setting settings
seven several short should show shown shows signal since single size sizes skip skipped slow small so socket some sooner sound source space speed
stage staging start started starts state stats status stay step steps still stop stopped stopping stops storage store structure such sum sums sure
swap sync system table take taken takes target task temporarily ten test than that their them then there these they thing things third this those
three through time timed timeout times to today together too tool total touch transport tried tries trust trusted trusts try turn two type types
unavailable unchanged under unexpected unknown unlock unlocked unlocks unplugged until unreadable unused up update use used user uses usual value
values verified verify version versions very volume wait waited waiting waits want wants warn warning was way well went were what when where which
while who whole why will with within without word words work worked works would write writes writing written wrong year yes yet you your zero`
