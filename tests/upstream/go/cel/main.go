// Upstream's device selectors as a pipe: an expression with its devices a line in, a verdict for each of them out.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
)

// A batch of 100,000 devices is a line.
const longestLine = 256 << 20

// job is a line on its way through: the answer comes back on its own channel, so that the order stays.
type job struct {
	asked  question
	answer chan []byte
}

func work(jobs <-chan job) {
	for one := range jobs {
		text, err := json.Marshal(answered(one.asked))
		if err != nil {
			fail(err)
		}
		one.answer <- text
	}
}

// answered tells a panic as a refusal: that of upstream's own code is an answer too.
func answered(asked question) (given answer) {
	defer func() {
		if reason := recover(); reason != nil {
			given = answer{CompileError: fmt.Sprintf("panic: %v", reason)}
		}
	}()
	switch {
	case asked.Rounds > 0:
		return timed(asked)
	case asked.Values:
		return valued(asked)
	}
	return judged(asked)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func main() {
	jobs := make(chan job, 64)
	pending := make(chan job, 64)
	for range runtime.GOMAXPROCS(0) {
		go work(jobs)
	}
	go read(jobs, pending)
	out := bufio.NewWriter(os.Stdout)
	for one := range pending {
		if _, err := out.Write(append(<-one.answer, '\n')); err != nil {
			fail(err)
		}
		// Whoever asks one line at a time waits for its answer.
		if len(pending) == 0 {
			if err := out.Flush(); err != nil {
				fail(err)
			}
		}
	}
	if err := out.Flush(); err != nil {
		fail(err)
	}
}

// read hands every line to the workers; a question without devices is about those of the line before it.
func read(jobs, pending chan<- job) {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, longestLine)
	var last question
	for lines.Scan() {
		one := job{answer: make(chan []byte, 1)}
		if err := json.Unmarshal(lines.Bytes(), &one.asked); err != nil {
			fail(err)
		}
		if one.asked.Devices == nil {
			one.asked.Devices = last.Devices
		}
		last = one.asked
		pending <- one
		jobs <- one
	}
	if err := lines.Err(); err != nil {
		fail(err)
	}
	close(jobs)
	close(pending)
}
