package skeleton_test

import (
	"testing"

	"ostler/test/stock"
)

// TestRefusals has master run services in ways that they must refuse. Each says
// why, and master holds the service back.
func TestRefusals(t *testing.T) {
	for _, test := range []struct{ name, line, text string }{
		{"solitary", "probe unix - - n - 2 @probe@ -o probe_solitary=yes",
			"^fatal: service probe requires a process limit of 1$"},
		{"unlimited", "probe unix - - n - 1 @probe@ -o probe_unlimited=yes",
			"^fatal: service probe requires a process limit of 0$"},
		{"privileged", "probe unix - y n - 1 @probe@ -o probe_privileged=yes",
			"^fatal: service probe requires privileged operation$"},
		{"transport", "probe fifo n - n - 1 @probe@", "^fatal: unsupported transport type: fifo$"},
		{"option", "probe unix - - n - 1 @probe@ -x", "^fatal: invalid option: x$"},
		{"setting", "probe unix - - n - 1 @probe@ -o =x", `^fatal: invalid "-o =x" option value: missing attribute name$`},
		{"parameter", "probe unix - - n - 1 @probe@ -o probe_hooks=perhaps", "^fatal: bad boolean configuration: probe_hooks = perhaps$"},
		{"socket count", "probe unix - - n - 1 @probe@ -s 0", "^fatal: invalid socket_count: 0$"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			inst := newInstance(t, "loops", stock.Config{Master: []string{test.line}})
			if test.name == "transport" {
				wakeFIFO(t, inst.Socket("public/probe"))
			} else {
				call(t, at(inst, "private/probe"))
			}
			inst.WaitRecord(limit, stock.Matching("probe", test.text))
			inst.WaitRecord(limit, stock.Matching("master", "^warning: process .*probe pid [0-9]+ exit status 1$"))
			inst.WaitRecord(limit, stock.Matching("master", "^warning: .*probe: bad command startup -- throttling$"))
		})
	}
}
