package main

import (
	"fmt"
	"strings"

	"homeport/configs"
)

// commandWarnings are what looks wrong about the commands of the settings: a program that is
// not there. Only a line that begins with a plain name tells.
func commandWarnings(cfg configs.Config) []string {
	var list []string
	for _, c := range [][2]string{{"before", cfg.Before}, {"after", cfg.After}} {
		if name := firstProgram(c[1]); name != "" && !isProgram(name) {
			list = append(list, fmt.Sprintf("%s: there is no program called %s", c[0], name))
		}
	}
	return list
}

// shellSigns are what makes a word more than a name.
const shellSigns = "$`'\"\\;&|<>(){}[]*?~!%^"

// firstProgram is the program that a shell line begins with; "" when only a shell could tell.
func firstProgram(line string) string {
	for word := range strings.FieldsSeq(line) {
		switch {
		case strings.ContainsAny(word, shellSigns):
			return ""
		case strings.Contains(word, "="): // a variable for it
			continue
		}
		return word
	}
	return ""
}
