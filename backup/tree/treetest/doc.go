// Package treetest holds the disks that what is built on package tree is tested
// with: one that loses its power, and ones that can do less than others.
//
// Disk wraps a file system and writes down each operation that changes it, and
// what was made durable by which sync. From that log it can say, for every moment
// of a story, which disks a power cut at that moment may leave: with what was not
// synced lost, torn, filled with zeros or in another order, names included. A
// test plays its story once and then tries recovery on each of these disks. It
// grants nothing that POSIX does not promise but one thing, which all journals do:
// a rename is there in whole or not at all.
//
// Limited wraps a file system and takes away what exFAT, FAT32, network shares
// and FUSE drivers have not: hard links, symbolic links, reflinks, names that
// differ only in case, files beyond a size, renames that replace.
package treetest
