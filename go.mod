module ostler

go 1.26.0

// The runtime would otherwise open cgroup files on descriptors that a master
// hands to its services (3 to 6 and up), before main has looked at them.
godebug (
	containermaxprocs=0
	updatemaxprocs=0
)

require (
	github.com/coreos/go-systemd/v22 v22.7.0
	golang.org/x/sys v0.49.0
)
