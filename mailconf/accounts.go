package mailconf

import (
	"slices"
	"strconv"
	"strings"
)

// The package os/user is not used: it answers from the environment ($USER) if
// the present user is not in /etc/passwd, and the answers here decide with
// which rights a process runs.

func (h *system) UserByName(name string) (User, error) {
	return h.findUser(name, func(u User) bool { return u.Name == name })
}

func (h *system) UserByID(uid int) (User, error) {
	return h.findUser(strconv.Itoa(uid), func(u User) bool { return u.UID == uid })
}

func (h *system) GroupByName(name string) (Group, error) {
	return h.findGroup(name, func(g Group) bool { return g.Name == name })
}

func (h *system) GroupByID(gid int) (Group, error) {
	return h.findGroup(strconv.Itoa(gid), func(g Group) bool { return g.GID == gid })
}

// findUser searches the file, then asks getent for key. What getent says must
// match too: it takes a name of digits for a number.
func (h *system) findUser(key string, match func(User) bool) (User, error) {
	var found User
	ok := false
	try := func(line string) bool {
		found, ok = parseUser(line)
		ok = ok && match(found)
		return !ok
	}
	if eachLine(h.passwd, try); ok {
		return found, nil
	}
	lines, err := h.ask("passwd", key)
	if err != nil {
		return User{}, err
	}
	if slices.ContainsFunc(lines, func(line string) bool { return !try(line) }) {
		return found, nil
	}
	return User{}, ErrNotFound
}

func (h *system) findGroup(key string, match func(Group) bool) (Group, error) {
	var found Group
	ok := false
	try := func(line string) bool {
		found, _, ok = parseGroup(line)
		ok = ok && match(found)
		return !ok
	}
	if eachLine(h.group, try); ok {
		return found, nil
	}
	lines, err := h.ask("group", key)
	if err != nil {
		return Group{}, err
	}
	if slices.ContainsFunc(lines, func(line string) bool { return !try(line) }) {
		return found, nil
	}
	return Group{}, ErrNotFound
}

// Groups collects the groups in which the file lists the user. Other sources
// are asked only if nsswitch.conf names some, as that takes a process.
func (h *system) Groups(user string, gid int) ([]int, error) {
	groups := []int{gid}
	add := func(g int) {
		if !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	eachLine(h.group, func(line string) bool {
		if group, members, ok := parseGroup(line); ok && isMember(members, user) {
			add(group.GID)
		}
		return true
	})
	if h.filesOnly() {
		return groups, nil
	}
	lines, err := h.ask("initgroups", user)
	if err != nil {
		return groups, unlessNotFound(err)
	}
	for _, line := range lines {
		fields := strings.Fields(line)
		for _, text := range fields[min(1, len(fields)):] {
			if id, ok := parseID(text); ok {
				add(id)
			}
		}
	}
	return groups, nil
}

// filesOnly tells if groups come from /etc/group alone. systemd's source knows
// only the users and groups that it has made itself.
func (h *system) filesOnly() bool {
	only := true
	eachLine(h.nsswitch, func(line string) bool {
		line, _, _ = strings.Cut(line, "#")
		database, sources, _ := strings.Cut(line, ":")
		if database = strings.TrimSpace(database); database != "group" && database != "initgroups" {
			return true
		}
		for _, source := range strings.Fields(sources) {
			if source != "files" && source != "systemd" && source[0] != '[' && !strings.HasSuffix(source, "]") {
				only = false
			}
		}
		return true
	})
	return only
}

func isMember(members, user string) bool {
	for member := range strings.SplitSeq(members, ",") {
		if strings.TrimSpace(member) == user {
			return true
		}
	}
	return false
}

// parseUser takes a line name:password:uid:gid:... apart. Lines that start with
// + or - are for NIS, and no users.
func parseUser(line string) (User, bool) {
	name, rest, _ := strings.Cut(line, ":")
	_, rest, _ = strings.Cut(rest, ":")
	uidText, rest, more := strings.Cut(rest, ":")
	gidText, _, _ := strings.Cut(rest, ":")
	uid, okUID := parseID(uidText)
	gid, okGID := parseID(gidText)
	ok := more && okUID && okGID && isAccountName(name)
	return User{Name: name, UID: uid, GID: gid}, ok
}

// parseGroup takes a line name:password:gid:members apart.
func parseGroup(line string) (group Group, members string, ok bool) {
	name, rest, _ := strings.Cut(line, ":")
	_, rest, _ = strings.Cut(rest, ":")
	gidText, members, _ := strings.Cut(rest, ":")
	gid, ok := parseID(gidText)
	return Group{Name: name, GID: gid}, members, ok && isAccountName(name)
}

func isAccountName(name string) bool {
	return name != "" && name[0] != '+' && name[0] != '-' && name[0] != '#'
}

// parseID converts a user or group number.
func parseID(text string) (int, bool) {
	n, err := strconv.ParseUint(text, 10, 32)
	return int(n), err == nil
}
