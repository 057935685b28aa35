// Upstream's quantities as a pipe: a pair of texts a line in, JSON; their canonical forms and order out.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/api/resource"
)

type answer struct {
	// Empty where the text is no quantity.
	Canonical [2]string `json:"canonical"`
	Order     int       `json:"order"`
	Sum       string    `json:"sum"`
	Rest      string    `json:"rest"`
}

// canonical is not String, which repeats the text that was read.
func canonical(quantity resource.Quantity) string {
	number, suffix := quantity.CanonicalizeBytes(nil)
	return string(number) + string(suffix)
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var texts [2]string
		if err := json.Unmarshal(lines.Bytes(), &texts); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		var given answer
		var found [2]resource.Quantity
		good := true
		for i, text := range texts {
			quantity, err := resource.ParseQuantity(text)
			if err != nil {
				good = false
				continue
			}
			found[i] = quantity
			given.Canonical[i] = canonical(quantity)
		}
		if good {
			given.Order = found[0].Cmp(found[1])
			sum, rest := found[0].DeepCopy(), found[0].DeepCopy()
			sum.Add(found[1])
			rest.Sub(found[1])
			given.Sum, given.Rest = canonical(sum), canonical(rest)
		}
		if err := answers.Encode(given); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
