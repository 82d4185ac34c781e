//go:build race

package store

// raceDetector makes the crash tests try fewer points: each takes ten times as
// long, and they are about the disk and not about memory.
const raceDetector = true
