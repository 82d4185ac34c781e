package main

import (
	"testing"

	"homeport/cause"
)

// askedSituations are what people take for a failure of a backup on a computer.
var askedSituations = []situation{
	asks(cause.ICloudStorageFull, "The last backup could not be completed because there is not enough iCloud storage."),
	asks(cause.PhotosOptimised, "Optimise iPhone Storage is on"),
}

func asks(id cause.ID, text string) situation {
	return situation{id: id, name: "explain", how: question, play: func(t *testing.T) heard {
		return newStage(t, nil).homeport("explain", text)
	}}
}
