package main

import (
	"regexp"
	"strings"

	"homeport/usbmux"
)

// learnFrom learns from a JSON value what its keys say to be personal.
func (r *redactor) learnFrom(v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			r.learnFrom(e)
		}
	case map[string]any:
		r.learnPhone(v)
		for key, e := range v {
			if plainKey.MatchString(key) {
				r.ours[strings.ToLower(key)] = true
			}
			r.learnKey(strings.ToLower(key), e)
			if evidence, ok := e.(map[string]any); ok && key == "evidence" {
				r.learnAsked(evidence)
			}
			r.learnFrom(e)
		}
	}
}

// learnPhone learns an object that names a phone.
func (r *redactor) learnPhone(v map[string]any) {
	udid, _ := v["udid"].(string)
	for _, key := range []string{"device", "name", "deviceName"} {
		if name, ok := v[key].(string); ok && (udid != "" || key != "name") {
			r.phone(udid, name)
		}
	}
	if udid != "" {
		r.phone(udid, "")
	}
}

// label is how a phone is listed: its name, and its UDID in brackets.
var label = regexp.MustCompile(`^(.*) \(([0-9A-Fa-f-]{24,40})\)$`)

// versionID begins the name of a version.
var versionID = regexp.MustCompile(`^\d{8}T\d{6}Z`)

// learnAsked learns whom somebody asked for, and who was there instead.
func (r *redactor) learnAsked(evidence map[string]any) {
	if phones, ok := evidence["phones"].([]any); ok {
		for _, e := range phones {
			if s, ok := e.(string); ok {
				if m := label.FindStringSubmatch(s); m != nil {
					r.phone(m[2], m[1])
				}
			}
		}
	}
	name, _ := evidence["name"].(string)
	switch {
	case usbmux.ValidUDID(name):
		r.phone(name, "")
	case !versionID.MatchString(name):
		r.phone("", name)
	}
}

// keyKinds are keys whose value is personal, in lower case, and what it is.
var keyKinds = map[string]string{
	"serial": "serial", "serialnumber": "serial", "imei": "number", "meid": "number", "iccid": "number", "phonenumber": "number",
	"ssid": "network", "wifi": "network", "volume": "volume", "label": "volume",
	"ecid": "ecid", "uniquechipid": "ecid", "wifiaddress": "mac", "bluetoothaddress": "mac", "ethernetaddress": "mac",
	"host": "host", "hostname": "host", "user": "user", "username": "user", "owner": "user", "organization": "name", "organisation": "name",
	"relativepath": "file", "file": "file", "files": "file", "filename": "file", "names": "file", "example": "file", "examples": "file",
	"appleid": "mail", "email": "mail", "account": "user", "value": "value", "path": "path", "folder": "path",
	"passwordcommand": "secret", "password_command": "secret", "password": "secret", "webhook": "secret", "healthcheck": "secret",
}

func (r *redactor) learnKey(key string, v any) {
	kind := keyKinds[key]
	switch v := v.(type) {
	case string:
		if strings.HasSuffix(key, "udid") {
			r.phone(v, "")
		}
		if name, quoted := strings.CutPrefix(v, `"`); kind == "volume" {
			if quoted { // else it is words of ours, as in "the backup disk"
				r.learn("volume", strings.TrimSuffix(name, `"`))
			}
			return
		}
		if wordKeys[key] && ownWord.MatchString(v) {
			r.ours[v] = true
		}
		if kind != "" {
			r.learnPath(kind, v)
		}
	case []any:
		for _, e := range v {
			if s, ok := e.(string); ok && kind != "" {
				r.learnPath(kind, s)
			}
		}
	}
}

// learnPath learns a name, and of a path its last part too: errors name it alone.
func (r *redactor) learnPath(kind, s string) {
	if kind == "path" && !strings.ContainsAny(s, `/\`) || kind == "value" && anAmount.MatchString(s) {
		return
	}
	for place := range r.places { // it has a better name already
		if strings.HasPrefix(s, place) {
			return
		}
	}
	if kind == "path" && systemPaths.MatchString(s) {
		return
	}
	r.learn(kind, s)
	if kind == "secret" {
		r.learnCommand(s)
	}
	if i := strings.LastIndexAny(s, `/\`); i >= 0 && kind != "secret" {
		if last := s[i+1:]; len(last) >= 5 {
			r.learn(kind, last)
		}
	}
}

// learnCommand learns the parts of a command that may say something: errors name
// them alone.
func (r *redactor) learnCommand(line string) {
	for _, part := range strings.FieldsFunc(line, func(c rune) bool { return strings.ContainsRune(" \t\"';|&()<>", c) }) {
		if len(part) >= 5 && !strings.HasPrefix(part, "-") && !systemPaths.MatchString(part) {
			r.learn("secret", part)
		}
	}
}

// anAmount is a value that is a number, with or without a unit.
var anAmount = regexp.MustCompile(`^[0-9][0-9.,]*\s?[A-Za-z%]{0,3}$`)

// ownKeys have values that are words of ours, never of a person.
var ownKeys = setOf("check group status cause event level msg phase engine proof needs severity retry kind connection state step mode ts time finished started verified next lastgood id version run")

// wordKeys have values that are in every report, and that must stay to be read.
var wordKeys = setOf("check group status cause event phase engine level")

// nameKeys have values that are somebody's name and nothing else.
var nameKeys = setOf("device name devicename host hostname user username owner organization organisation volume label ssid wifi")

// value takes out of a JSON value what must not be seen.
func (r *redactor) value(key string, v any) any {
	switch v := v.(type) {
	case string:
		if ownKeys[strings.ToLower(key)] && ownWord.MatchString(v) {
			return v
		}
		if kind := keyKinds[strings.ToLower(key)]; kind == "secret" && v != "" {
			r.removed[kind]++
			return "(set)"
		}
		if strings.HasSuffix(strings.ToLower(key), "version") && fourNumbers.MatchString(v) {
			return v // else taken for an address
		}
		if pseudonym, ok := r.known(v); ok && nameKeys[strings.ToLower(key)] {
			r.note(pseudonym)
			return pseudonym
		}
		return r.text(v)
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = r.value(key, e)
		}
		return list
	case map[string]any:
		clean := make(map[string]any, len(v))
		for k, e := range v {
			if !plainKey.MatchString(k) { // keys are ours, unless they are a phone's
				clean[r.text(k)] = r.value(k, e)
				continue
			}
			clean[k] = r.value(k, e)
		}
		return clean
	}
	if kind := keyKinds[strings.ToLower(key)]; v != nil && (kind == "number" || kind == "ecid") {
		r.removed[kind]++
		return "(" + kind + ")"
	}
	return v
}

var (
	fourNumbers = regexp.MustCompile(`^\d+(?:\.\d+){3}$`)
	plainKey    = regexp.MustCompile(`^[A-Za-z][A-Za-z_]*$`)
	ownWord     = regexp.MustCompile(`^(?:[a-z][a-z-]*|\d{8}T\d{6}Z-\d+|\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:\d\d))$`)
)
