// Policy is a policy service for smtpd's check_policy_service.
package main

import "ostler/multiserver"

func main() {
	multiserver.Main(&multiserver.Server{
		Frame: multiserver.BlankLine,
		Handle: func(c *multiserver.Conn, request []byte) error {
			_, err := c.WriteString("action=DUNNO\n\n")
			return err
		},
	})
}
