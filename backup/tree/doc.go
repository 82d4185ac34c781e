// Package tree is the only door through which Homeport writes into a backup
// folder: the native engine, the store and extraction take nothing else.
//
// It owns three things.
//
// Rel is a path as a phone (or a manifest) spells it, parsed. There is one
// parser, Parse, and no other way to make a Rel, so a function that takes a Rel
// takes a path that stays below its tree on every system: no "..", no drive, no
// stream, no reserved name, no character that a file system could read
// differently. The rules are the strictest of all systems and hold on all of
// them, because a backup made on Linux is carried to a Mac or a PC.
//
// Tree is a confined folder. A directory is reached component by component
// through open handles that never follow a symbolic link, so not even a local
// program that swaps a directory for a link moves a write outside. A body is
// written to a new inode beside its final name, counted and hashed on the way,
// closed, and only then renamed over the name: a file that existed before is
// never opened for writing, which is what makes hard links to earlier versions
// safe.
//
// FS is the seam below Tree: some fifteen operations, so that tests can count
// them, fail the n-th of them, or put another disk underneath. OS is the real
// one; Faults wraps any other.
//
// A Tree does not promise durability by itself. Sync is the barrier: what was
// committed before it survives a power cut after it. There is no sync per file,
// since a first backup has hundreds of thousands of them.
package tree
