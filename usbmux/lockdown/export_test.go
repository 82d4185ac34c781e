package lockdown

import "time"

// ForgetFacts lets the next Facts ask the phone anew.
func (p *Phone) ForgetFacts() {
	<-p.turn
	p.factsAt = time.Time{}
	p.turn <- struct{}{}
}

// ExpectNews sets how long a phone may be listed that was unplugged.
func (p *Phone) ExpectNews(d time.Duration) { p.pace.news = d }
