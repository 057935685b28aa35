//go:build !linux

package main

import "time"

var programStart = time.Now()

// threadTime is the time that went by, where there is no clock of one thread's.
func threadTime() time.Duration { return time.Since(programStart) }
