package main

import (
	"context"
	"runtime"
	"slices"
	"time"
)

// timed is how long compiling and asking take here; the median round counts.
func timed(asked question) (given answer) {
	runtime.GOMAXPROCS(1)
	compiled := asked.compile(asked.Expression)
	if compiled.Error != nil {
		given.CompileError = compiled.Error.Detail
		return given
	}
	var asking, compiling []float64
	for range asked.Rounds {
		began := time.Now()
		asked.compile(asked.Expression)
		compiling = append(compiling, float64(time.Since(began)))
		began = time.Now()
		for index := range asked.Devices {
			// An error is an answer here.
			_, _, _ = compiled.DeviceMatches(context.Background(), asked.device(index))
		}
		asking = append(asking, float64(time.Since(began))/float64(len(asked.Devices)))
	}
	given.NsADevice, given.NsACompile = median(asking), median(compiling)
	return given
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}
