package agent

import (
	"regexp"
	"slices"
	"strings"

	"homeport/agent/status"
)

// theIPhone is how sentences speak of the device that they are about. Names and other
// phones ("another iPhone", "iPhones") are spelled in other ways.
var theIPhone = regexp.MustCompile(`\b([Tt]he|[Tt]his|[Yy]our) iPhone\b`)

// device puts the right word into what is said of a device: an iPad is no iPhone. The
// catalogue knows iPhones only.
type device string

// deviceOf goes by Apple's name of the model, "iPad13,18".
func deviceOf(productType string) device {
	for _, kind := range []device{"iPad", "iPod"} {
		if strings.HasPrefix(productType, string(kind)) {
			return kind
		}
	}
	return ""
}

func (d device) text(s string) string {
	if d == "" {
		return s
	}
	return theIPhone.ReplaceAllString(s, "$1 "+string(d))
}

// SaidOf is a text about a device, by its product type ("iPad13,18"), which is called what
// it is: the catalogue speaks of "the iPhone".
func SaidOf(productType, text string) string { return deviceOf(productType).text(text) }

func (d device) texts(list []string) []string {
	list = slices.Clone(list)
	for i, s := range list {
		list[i] = d.text(s)
	}
	return list
}

// event is e with the right word.
func (d device) event(e Event) Event {
	if d == "" {
		return e
	}
	e.Message = d.text(e.Message)
	if e.Error != nil {
		f := *e.Error
		f.Message, f.Remedy = d.text(f.Message), d.texts(f.Remedy)
		e.Error = &f
	}
	return e
}

// phone is s with the right word.
func (d device) phone(s status.Phone) status.Phone {
	if d == "" {
		return s
	}
	s.Message, s.Note = d.text(s.Message), d.text(s.Note)
	if s.Trouble != nil {
		t := *s.Trouble
		t.Message, t.Remedy = d.text(t.Message), d.texts(t.Remedy)
		s.Trouble = &t
	}
	s.Findings = slices.Clone(s.Findings)
	for i, f := range s.Findings {
		s.Findings[i].Sentence, s.Findings[i].Remedy = d.text(f.Sentence), d.texts(f.Remedy)
	}
	return s
}
