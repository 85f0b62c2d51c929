package multiserver_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"

	"ostler/multiserver/servertest"
)

// TestHTTP: a server that knows net.Listener runs as it is.
func TestHTTP(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"unix", "inet"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			svc := servertest.Start(t, servertest.Config{Server: "http", Transport: transport})
			client := &http.Client{Transport: &http.Transport{
				DialContext: func(context.Context, string, string) (net.Conn, error) { return svc.Dial(), nil },
			}}
			defer client.CloseIdleConnections()
			for i := range 5 {
				resp, err := client.Get(fmt.Sprintf("http://service/%d", i))
				if err != nil {
					t.Fatal(err)
				}
				body, _ := io.ReadAll(resp.Body)
				resp.Body.Close()
				if string(body) != fmt.Sprintf("GET /%d", i) {
					t.Errorf("%s", body)
				}
			}
			if n := len(svc.Statuses()); n > 2 {
				t.Errorf("%d status messages", n)
			}
			svc.Reload()
			succeeded(t, svc.Process())
			if n := logged(svc, "exit hook"); n != 1 {
				t.Errorf("Exit ran %d times", n)
			}
		})
	}
}

// TestLineServer: so does one that never heard of leaving; it is over with its
// clients.
func TestLineServer(t *testing.T) {
	t.Parallel()
	svc := servertest.Start(t, servertest.Config{Server: "lines", Args: []string{"-m", "2"}})
	first, second := dial(t, svc), dial(t, svc)
	for _, c := range []*client{first, second} {
		if got := c.ask("hello"); got != "hello" {
			t.Errorf("%q", got)
		}
	}
	first.Close()
	if got := second.ask("still here"); got != "still here" {
		t.Errorf("%q", got)
	}
	second.Close()
	succeeded(t, svc.Process())
}
