package agent

// shielded says that this system has programs that forbid single writes to a folder that
// can be written to: antivirus, and Controlled Folder Access.
const shielded = true
