package notices

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
)

// userAgent is what this program calls itself to servers.
const userAgent = "homeport"

// maxAnswer is how much of an answer is read, so that its connection can be used again.
const maxAnswer = 64 << 10

// statusError is an answer that is no success.
type statusError int

func (s statusError) Error() string { return fmt.Sprintf("the server answered %d", int(s)) }

// errElsewhere is a redirect that is not followed: what is sent is not for another host.
var errElsewhere = errors.New("the server sends on to another address")

// refused reports whether the same request would fail again: the server does not want it.
func refused(err error) bool {
	status, ok := errors.AsType[statusError](err)
	return ok && status >= 400 && status < 500 && status != http.StatusRequestTimeout && status != http.StatusTooManyRequests ||
		errors.Is(err, errElsewhere)
}

// mostRedirects is how many redirects are followed on one host.
const mostRedirects = 3

// client sends requests. It checks certificates as the system does, and follows a redirect
// only to the same host, not away from https, and not where it would lose what is sent: after
// a 301, 302 or 303 there would be a GET without a body.
var client = &http.Client{
	CheckRedirect: func(req *http.Request, via []*http.Request) error {
		first := via[0].URL
		if len(via) > mostRedirects || req.URL.Host != first.Host || req.URL.Scheme != first.Scheme || req.Method != via[0].Method {
			return errElsewhere
		}
		return nil
	},
}

// post sends a body. No error of it names the address, which may hold a key.
func post(ctx context.Context, address, contentType string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return errors.New("its address is not one")
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("User-Agent", userAgent)
	res, err := client.Do(req)
	if err != nil {
		return withoutAddress(err)
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, maxAnswer))
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return statusError(res.StatusCode)
	}
	return nil
}

// withoutAddress is the error of a request without the address, and without what the server
// wrote: either may hold the key. What the computer itself says of the connection stays.
func withoutAddress(err error) error {
	if errors.Is(err, errElsewhere) {
		return errElsewhere
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("no answer in time")
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return e
	}
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return e
	}
	return errors.New("what answers there does not speak HTTP as it should")
}
