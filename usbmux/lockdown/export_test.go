package lockdown

import "time"

// ForgetFacts lets the next Facts ask the phone anew.
func (p *Phone) ForgetFacts() {
	<-p.turn
	p.factsAt = time.Time{}
	p.turn <- struct{}{}
}
