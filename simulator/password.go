package simulator

import (
	"homeport/simulator/backupagent"
	"homeport/simulator/contents"
)

// domainChanged is posted when something about backups was changed on the phone.
const domainChanged = "com.apple.mobile.backup.domain_changed"

// SetBackupPassword sets the backup password as if a computer had done it just now, or changes it, or removes it when it is empty. Each
// call makes a new key bag, so the next backup is a full one. It costs no time: the key derivation is done at the next backup.
func (p *Phone) SetBackupPassword(password string) {
	p.contents.SetPassword(password)
	p.passwordChanged(password != "")
}

// HasBackupPassword tells whether backups are encrypted.
func (p *Phone) HasBackupPassword() bool { return p.contents.Keybag().Encrypts() }

// IsBackupPassword tells whether a backup password is set and is this one.
func (p *Phone) IsBackupPassword(password string) bool {
	return password != "" && p.contents.Keybag().Opens(password)
}

// Wipe erases every file and the backup password; trust and settings stay. Contents().View() is then empty, and a restore of any earlier
// backup brings that state back.
func (p *Phone) Wipe() {
	p.contents.Wipe()
	p.passwordChanged(false)
}

// SetCloudRestore tells the phone that it is being restored from iCloud, or that it is no more.
func (p *Phone) SetCloudRestore(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.restoring = on
}

// passwordChanged has lockdown's WillEncrypt follow.
func (p *Phone) passwordChanged(set bool) {
	p.SetValue(domainBackup, "WillEncrypt", set)
	p.Notify(domainChanged)
}

// conditions are what the phone's values say.
func (p *Phone) conditions() backupagent.Conditions {
	p.mu.Lock()
	defer p.mu.Unlock()
	is := func(domain, key string) bool {
		on, _ := p.values[domain][key].(bool)
		return on
	}
	_, known := p.values[domainSetup]["SetupDone"]
	return backupagent.Conditions{
		RequiresEncryption: is(domainBackup, "RequiresEncryption"),
		RestoreForbidden:   p.spec.RestoreForbidden,
		CloudRestore:       p.restoring,
		InSetup:            known && !is(domainSetup, "SetupDone"),
		FindMy:             is(domainFindMy, "IsAssociated"),
	}
}

// contentsOf finds the phone with a UDID, for a restore of its backup onto another one.
func (s *Simulator) contentsOf(udid string) *contents.Contents {
	if p := s.Phone(udid); p != nil {
		return p.contents
	}
	return nil
}
