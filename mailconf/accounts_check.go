package mailconf

import "errors"

// initAccounts looks up default_privs, mail_owner and setgid_group, and makes
// sure that they exist, are not privileged and share no id.
//
// postfix: src/global/mail_params.c check_default_privs, check_mail_owner,
// check_sgid_group, check_overlap
func (c *Config) initAccounts(p *Params, host Host) error {
	if p.standalone {
		return nil
	}
	var err error
	if p.DefaultUID, p.DefaultGID, err = p.checkUser(host, "default_privs", p.DefaultPrivs); err != nil {
		return err
	}
	if p.OwnerUID, p.OwnerGID, err = p.checkUser(host, "mail_owner", p.MailOwner); err != nil {
		return err
	}
	other, err := host.UserByID(p.OwnerUID)
	if err := unlessNotFound(err); err != nil {
		return err
	}
	if err == nil && other.Name != p.MailOwner {
		return p.badParam("mail_owner", "user %s has same user ID as %s", p.MailOwner, other.Name)
	}
	if err := p.checkSetgidGroup(host); err != nil {
		return err
	}
	return p.checkOverlap()
}

// checkUser returns the ids of a user who must exist and have no privileges.
func (p *Params) checkUser(host Host, param, name string) (uid, gid int, err error) {
	user, err := host.UserByName(name)
	switch {
	case errors.Is(err, ErrNotFound):
		return -1, -1, p.badParam(param, "unknown user name value: %s", name)
	case err != nil:
		return -1, -1, lookupFailure(err)
	case user.UID == 0:
		return -1, -1, p.badParam(param, "user %s has privileged user ID", name)
	case user.GID == 0:
		return -1, -1, p.badParam(param, "user %s has privileged group ID", name)
	}
	return user.UID, user.GID, nil
}

func (p *Params) checkSetgidGroup(host Host) error {
	const param = "setgid_group"
	name := p.SetgidGroup
	group, err := host.GroupByName(name)
	switch {
	case errors.Is(err, ErrNotFound):
		return p.badParam(param, "unknown group name: %s", name)
	case err != nil:
		return lookupFailure(err)
	case group.GID == 0:
		return p.badParam(param, "group %s has privileged group ID", name)
	}
	p.SetgidGID = group.GID
	other, err := host.GroupByID(group.GID)
	if err := unlessNotFound(err); err != nil {
		return err
	}
	if err == nil && other.Name != name {
		return p.badParam(param, "group %s has same group ID as %s", name, other.Name)
	}
	return nil
}

func (p *Params) checkOverlap() error {
	const privs, owner, setgid = "default_privs", "mail_owner", "setgid_group"
	switch {
	case p.DefaultPrivs == p.MailOwner:
		return p.sharing(privs, owner, " specify the same user %s", p.DefaultPrivs)
	case p.DefaultUID == p.OwnerUID:
		return p.sharing(privs, owner, ": users %s and %s have the same user ID: %d", p.DefaultPrivs, p.MailOwner, p.OwnerUID)
	case p.DefaultGID == p.OwnerGID:
		return p.sharing(privs, owner, ": users %s and %s have the same group ID: %d", p.DefaultPrivs, p.MailOwner, p.OwnerGID)
	case p.DefaultGID == p.SetgidGID:
		return p.sharing(privs, setgid, ": user %s and group %s have the same group ID: %d", p.DefaultPrivs, p.SetgidGroup, p.SetgidGID)
	case p.OwnerGID == p.SetgidGID:
		return p.sharing(owner, setgid, ": user %s and group %s have the same group ID: %d", p.MailOwner, p.SetgidGroup, p.SetgidGID)
	}
	return nil
}

func (p *Params) sharing(one, other, format string, args ...any) error {
	return fatalf("%sparameters %s and %s"+format, append([]any{p.inFile(), one, other}, args...)...)
}

// unlessNotFound is for lookups that may find nothing.
func unlessNotFound(err error) error {
	if err == nil || errors.Is(err, ErrNotFound) {
		return nil
	}
	return lookupFailure(err)
}

// lookupFailure makes an error of ours, which stock does not have, fatal like
// the others.
func lookupFailure(err error) error { return &Error{Text: err.Error(), Cause: err} }
