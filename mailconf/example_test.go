package mailconf_test

import (
	"fmt"
	"time"

	"ostler/mailconf"
)

// A service loads its own parameters after the generic ones. Here there is no
// main.cf; a service that Postfix starts uses Read(Dir(os.Getenv), ...).
func Example() {
	conf := mailconf.New()
	if err := conf.Override("anvil_rate_time_unit = 5m"); err != nil {
		fmt.Println("fatal:", err)
	}
	var unit, update time.Duration
	err := conf.Load(mailconf.Table{
		mailconf.Time("anvil_rate_time_unit", "60s", time.Second, 0, &unit),
		mailconf.Time("anvil_status_update_time", "600s", time.Second, 0, &update),
	})
	fmt.Println(unit, update, err)
	// Output: 5m0s 10m0s <nil>
}

func ExampleConfig_Expand() {
	conf := mailconf.New()
	conf.Set("compatibility_level", "3.6")
	conf.Set("stress", "")
	for _, text := range []string{
		"${stress?{10}:{300}}s",
		"${{$compatibility_level} <level {3.10} ? {old} : {new}}",
		"$nothing$$",
	} {
		value, err := conf.Expand(text)
		fmt.Println(value, err)
	}
	// Output:
	// 300s <nil>
	// old <nil>
	// $ <nil>
}

// An error ends a Postfix program; its text is what stock logs.
func ExampleConfig_Load() {
	conf := mailconf.New()
	conf.Set("max_idle", "2 minutes")
	var idle time.Duration
	err := conf.Load(mailconf.Table{mailconf.Time("max_idle", "100s", time.Second, 0, &idle)})
	fmt.Println("fatal:", err)
	// Output: fatal: parameter max_idle: bad time value or unit: 2 minutes
}
