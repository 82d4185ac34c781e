// Package notices owns what is told to a person who does not look: notices on the desktop,
// posts to a webhook, and pings of a healthcheck address.
//
// Which event becomes a notice, and in which words, is a function of the event, the settings
// and what was told before (Decide). What shows notices (Desk) and what sends (Outbox) each have
// a goroutine of their own with a short queue: nothing that they do, and nothing that a desktop
// or a server does to them, keeps an event waiting.
//
// What phones and errors put into texts is hostile until it went through clean. No text of
// theirs comes into a script or a shell line.
package notices
