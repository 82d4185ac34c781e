package cause

// Fill puts evidence into a template as the sentences of the catalogue are made:
// "{free}" becomes the evidence of that name, "{volume|the drive}" that or the
// words after the bar. It answers false when evidence without such words is
// missing.
func Fill(template string, ev Evidence) (string, bool) { return fill(template, ev) }
