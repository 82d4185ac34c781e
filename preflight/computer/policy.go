package computer

import "strings"

// policyOf reads what the distribution's rules write for OpenSSL
// (/etc/crypto-policies/back-ends/opensslcnf.config on Fedora, Red Hat and their
// kin), and says what they forbid that an iPhone's certificates may need:
//
//	[evp_properties]
//	rh-allow-sha1-signatures = no
//
// The security level and the protocol versions in it do not matter: the tool sets
// its own.
func policyOf(text string) string {
	forbidden := ""
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		key, value, ok := strings.Cut(line, "=")
		if !ok || !strings.EqualFold(strings.TrimSpace(key), "rh-allow-sha1-signatures") {
			continue
		}
		// The last one counts, as in OpenSSL.
		forbidden = ""
		if v := strings.ToLower(strings.TrimSpace(value)); v == "no" || v == "off" || v == "0" || v == "false" {
			forbidden = "no SHA-1 signatures"
		}
	}
	return forbidden
}
