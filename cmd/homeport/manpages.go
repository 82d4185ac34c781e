//go:build manpages

package main

import (
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// The verb that writes manual pages is only in the program that builds packages: what
// it needs would make everybody's program larger.
func init() { extraVerbs = append(extraVerbs, newManpagesCommand) }

func newManpagesCommand(*app) *cobra.Command {
	return &cobra.Command{
		Use:    "manpages DIR",
		Short:  "Write the manual pages",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			root.DisableAutoGenTag = true
			when := time.Now()
			if s, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
				when = time.Unix(s, 0).UTC()
			}
			return doc.GenManTree(root, &doc.GenManHeader{Section: "1", Source: "Homeport " + version, Manual: "Homeport", Date: &when}, args[0])
		},
	}
}
