package faults_test

import "time"

// poll calls done every few milliseconds until it returns true, or the limit is
// over. It is for what the kernel does not tell about.
func poll(done func() bool) bool {
	for deadline := time.Now().Add(limit); ; time.Sleep(2 * time.Millisecond) {
		if done() {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
	}
}
