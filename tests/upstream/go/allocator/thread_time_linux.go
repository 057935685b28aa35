package main

import (
	"syscall"
	"time"
)

// threadTime is how long this thread has run: what else the machine does is not in it, nor what other threads do.
func threadTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_THREAD, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
