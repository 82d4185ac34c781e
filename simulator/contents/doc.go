// Package contents is what is on a simulated iPhone.
package contents
