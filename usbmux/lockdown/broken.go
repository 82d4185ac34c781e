package lockdown

import (
	"context"
	"errors"
	"slices"
	"time"

	"homeport/cause"
	"homeport/usbmux"
)

// listLimit bounds the question whether the phone is still there.
const listLimit = 2 * time.Second

var (
	// errChannel says that usbmuxd opened no connection to the phone.
	errChannel = errors.New("no channel to the phone")
	// errRejected says that the phone hung up when it had seen this computer's
	// certificate.
	errRejected = errors.New("hung up at this computer's certificate")
)

// brokenLink are the causes of a connection that broke, fell silent or did not come
// about, before anybody has asked whether the phone is still there.
var brokenLink = []cause.ID{
	cause.DeviceDisconnected, cause.MuxConnectFailed, cause.MuxServiceStopped, cause.MuxNotAnswering, cause.TransferStalled,
}

// reason gives the failure of a connection the cause that usbmuxd's list tells. A
// phone that is not in it was unplugged, whatever the connection showed of that. One
// that is in it was not: it has hung up, which at the sight of our certificate means
// that it does not know this computer any more. What usbmuxd could not be asked stays
// as it was.
func (p *Phone) reason(ctx context.Context, err error) error {
	id, _ := cause.Of(err)
	if err == nil || ctx.Err() != nil || !slices.Contains(brokenLink, id) {
		return err
	}
	listed, unasked := p.listed(ctx)
	dead, _ := cause.Of(unasked)
	served := !errors.Is(err, errChannel) && (id == cause.MuxServiceStopped || id == cause.MuxNotAnswering)
	now := cause.MuxConnectFailed
	switch {
	case dead == cause.MuxServiceNotRunning:
		now = cause.MuxServiceStopped
	case dead == cause.MuxNotAnswering:
		now = dead
	case unasked != nil:
		now = id
	case !listed:
		now = cause.DeviceDisconnected
	case errors.Is(err, errRejected):
		now = cause.PairRecordStale
	case id == cause.TransferStalled:
		now = id
	case served: // it answers one question and not the other
		now = cause.MuxNotAnswering
	}
	if now == id {
		return err
	}
	return cause.New(now, nil, err)
}

// listed asks usbmuxd whether the phone is there, and once more after a moment when
// it is: the connections of a phone that is unplugged may end before it is taken off
// the list.
func (p *Phone) listed(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, listLimit)
	defer cancel()
	here := func(l usbmux.Link) bool {
		return l.DeviceID == p.link.DeviceID && usbmux.SameUDID(l.UDID, p.link.UDID)
	}
	links, _, err := p.client.Devices(ctx)
	if err != nil || !slices.ContainsFunc(links, here) {
		return false, silentIn(ctx, err)
	}
	news := time.NewTimer(p.pace.news)
	defer news.Stop()
	select {
	case <-news.C:
	case <-ctx.Done():
		return true, nil
	}
	links, _, err = p.client.Devices(ctx)
	return slices.ContainsFunc(links, here), silentIn(ctx, err)
}

// silentIn tells a usbmuxd that did not answer in time as that.
func silentIn(ctx context.Context, err error) error {
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return cause.New(cause.MuxNotAnswering, nil, err)
	}
	return err
}
