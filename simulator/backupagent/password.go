package backupagent

// Conditions are what stops a request before it begins.
type Conditions struct {
	RequiresEncryption bool // an organisation's policy: no backup without a password, and none removed
	RestoreForbidden   bool // an organisation's policy
	CloudRestore       bool // a restore from iCloud is running
	InSetup            bool // Setup Assistant is not finished
	FindMy             bool // Find My is on
}

func (a *Agent) conditions() Conditions {
	if a.Conditions == nil {
		return Conditions{}
	}
	return a.Conditions()
}

// mayBackUp ends a backup that the phone's state forbids.
func (s *session) mayBackUp() error {
	switch c := s.agent.conditions(); {
	case c.InSetup:
		return fail(codeSetup)
	case c.CloudRestore:
		return fail(codeCloudRestore)
	case c.RequiresEncryption && !s.agent.contents.Keybag().Encrypts():
		return failWith(codePassword, "A backup password is required by policy")
	}
	return nil
}

// mayRestore ends a restore that the phone's state forbids.
func (s *session) mayRestore() error {
	switch c := s.agent.conditions(); {
	case c.RestoreForbidden:
		return fail(codePolicy)
	case c.InSetup:
		return fail(codeSetup)
	case c.CloudRestore:
		return fail(codeCloudRestore)
	case c.FindMy:
		return fail(codeFindMy)
	}
	return nil
}

// changePassword carries out a ChangePassword request: NewPassword alone sets the
// backup password, OldPassword alone removes it, both change it.
func (s *session) changePassword(message map[string]any) error {
	a := s.agent
	a.count(func(st *Stats) { st.PasswordRequests++ })
	old, _ := message["OldPassword"].(string)
	next, _ := message["NewPassword"].(string)
	if next == "" && a.conditions().RequiresEncryption {
		return fail(codePolicy)
	}
	if err := s.confirm(); err != nil {
		return err
	}
	switch bag := a.contents.Keybag(); {
	case !bag.Opens(old), old == "" && next == "":
		return fail(codePassword)
	}
	a.contents.SetPassword(next)
	a.count(func(st *Stats) { st.PasswordChanges++ })
	if a.PasswordChanged != nil {
		a.PasswordChanged(next != "")
	}
	return nil
}

// sheetVersion is the first iOS that wants its passcode for a new backup password.
const sheetVersion = "13"

// confirm has the person confirm a change of the password.
func (s *session) confirm() error {
	if own, _ := s.agent.env.Values()["ProductVersion"].(string); newer(sheetVersion, own) {
		return s.stage(StageRequest)
	}
	return s.unlock()
}
