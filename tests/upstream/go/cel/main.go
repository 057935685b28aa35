// Upstream's device selectors as a pipe: an expression with its devices a line in, a verdict for each of them out.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/dynamic-resource-allocation/cel"
)

const longestLine = 16 << 20

// question is an expression, and the devices it is asked of by a driver. New expressions are held to what the feature
// gates allow; stored ones are not.
type question struct {
	Expression         string               `json:"expression"`
	New                bool                 `json:"new"`
	ConsumableCapacity bool                 `json:"consumableCapacity"`
	ListTypeAttributes bool                 `json:"listTypeAttributes"`
	Driver             string               `json:"driver"`
	Devices            []resourceapi.Device `json:"devices"`
}

type verdict struct {
	Matches bool   `json:"matches"`
	Error   string `json:"error,omitempty"`
	Cost    uint64 `json:"cost"`
}

type answer struct {
	CompileError string    `json:"compileError,omitempty"`
	MaxCost      uint64    `json:"maxCost"`
	Verdicts     []verdict `json:"verdicts,omitempty"`
}

func judge(asked question) (given answer) {
	compiler := cel.GetCompiler(cel.Features{
		EnableConsumableCapacity: asked.ConsumableCapacity, EnableListTypeAttributes: asked.ListTypeAttributes,
	})
	envType := environment.StoredExpressions
	if asked.New {
		envType = environment.NewExpressions
	}
	compiled := compiler.CompileCELExpression(asked.Expression, cel.Options{EnvType: &envType})
	given.MaxCost = compiled.MaxCost
	if compiled.Error != nil {
		given.CompileError = compiled.Error.Detail
		return given
	}
	for _, device := range asked.Devices {
		matches, details, err := compiled.DeviceMatches(context.Background(), cel.Device{
			Driver:                   asked.Driver,
			AllowMultipleAllocations: device.AllowMultipleAllocations,
			Attributes:               device.Attributes,
			Capacity:                 device.Capacity,
		})
		said := verdict{Matches: matches}
		if err != nil {
			said.Error = err.Error()
		}
		if details != nil && details.ActualCost() != nil {
			said.Cost = *details.ActualCost()
		}
		given.Verdicts = append(given.Verdicts, said)
	}
	return given
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, longestLine)
	answers := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if err := answers.Encode(judge(asked)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
