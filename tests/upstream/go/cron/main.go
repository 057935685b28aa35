// The parser of CronJobs' schedules as a pipe: a schedule, a zone and a moment a line in, JSON; the next moments out.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"time"
	_ "time/tzdata"

	"github.com/robfig/cron/v3"
)

type question struct {
	Schedule string `json:"schedule"`
	Zone     string `json:"zone"`
	// Seconds since 1970.
	Moment int64 `json:"moment"`
}

const howMany = 4

func main() {
	lines := bufio.NewScanner(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		moments := []int64{}
		schedule, err := cron.ParseStandard("TZ=" + asked.Zone + " " + asked.Schedule)
		at := time.Unix(asked.Moment, 0).UTC()
		for i := 0; err == nil && i < howMany; i++ {
			at = schedule.Next(at)
			if at.IsZero() {
				break
			}
			moments = append(moments, at.Unix())
		}
		if err := answers.Encode(moments); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
