package computer

import "testing"

func TestPolicyOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		capture(t, "policy/rhel9-default.config"): "no SHA-1 signatures",
		capture(t, "policy/rhel9-legacy.config"):  "",
		"":                                        "",
		"CipherString = @SECLEVEL=3\n":            "",
		"# rh-allow-sha1-signatures = no":         "",
		"RH-Allow-SHA1-Signatures=No # so":        "no SHA-1 signatures",
		"rh-allow-sha1-signatures = no\nrh-allow-sha1-signatures = yes": "",
	} {
		if got := policyOf(text); got != want {
			t.Errorf("%.60q: %q, want %q", text, got, want)
		}
	}
	if got, err := tlsPolicy(t.Context()); err != nil && got != "" {
		t.Errorf("this computer: %q, %v", got, err)
	}
}
