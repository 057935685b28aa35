package main

import (
	"context"
	"sync"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/dynamic-resource-allocation/cel"
)

// question is an expression, and the devices it is asked of by a driver. New expressions are held to what the feature
// gates allow; stored ones are not. With Values the expression may be of any type, and its value is told.
type question struct {
	Expression         string               `json:"expression"`
	New                bool                 `json:"new"`
	ConsumableCapacity bool                 `json:"consumableCapacity"`
	ListTypeAttributes bool                 `json:"listTypeAttributes"`
	Driver             string               `json:"driver"`
	Devices            []resourceapi.Device `json:"devices"`
	Values             bool                 `json:"values"`
	// No device is asked about.
	CompileOnly bool `json:"compileOnly"`
	// The ids of the overloads that the checker chose are told too.
	Overloads bool `json:"overloads"`
	// How many times over the devices are asked about, on one thread, to see how long that takes.
	Rounds int `json:"rounds"`
}

type verdict struct {
	Matches bool   `json:"matches"`
	Error   string `json:"error,omitempty"`
	Cost    uint64 `json:"cost"`
	Value   any    `json:"value,omitempty"`
}

type answer struct {
	CompileError string    `json:"compileError,omitempty"`
	MaxCost      uint64    `json:"maxCost"`
	Type         string    `json:"type,omitempty"`
	Overloads    []string  `json:"overloads,omitempty"`
	Verdicts     []verdict `json:"verdicts,omitempty"`
	// Medians over the rounds.
	NsADevice  float64 `json:"nsADevice,omitempty"`
	NsACompile float64 `json:"nsACompile,omitempty"`
}

// compiler is what cel.GetCompiler returns; its type has no name outside.
type compiler interface {
	CompileCELExpression(expression string, options cel.Options) cel.CompilationResult
}

var (
	compilersMutex sync.Mutex
	// Upstream keeps one compiler only, and making another one takes long.
	compilers = map[cel.Features]compiler{}
)

func compilerFor(features cel.Features) compiler {
	compilersMutex.Lock()
	defer compilersMutex.Unlock()
	if compilers[features] == nil {
		compilers[features] = cel.GetCompiler(features)
	}
	return compilers[features]
}

func (asked question) compile(expression string) cel.CompilationResult {
	features := cel.Features{
		EnableConsumableCapacity: asked.ConsumableCapacity, EnableListTypeAttributes: asked.ListTypeAttributes,
	}
	envType := environment.StoredExpressions
	if asked.New {
		envType = environment.NewExpressions
	}
	return compilerFor(features).CompileCELExpression(expression, cel.Options{EnvType: &envType})
}

func (asked question) device(index int) cel.Device {
	device := asked.Devices[index]
	return cel.Device{
		Driver:                   asked.Driver,
		AllowMultipleAllocations: device.AllowMultipleAllocations,
		Attributes:               device.Attributes,
		Capacity:                 device.Capacity,
	}
}

func judged(asked question) (given answer) {
	compiled := asked.compile(asked.Expression)
	given.MaxCost = compiled.MaxCost
	if compiled.Error != nil {
		given.CompileError = compiled.Error.Detail
		return given
	}
	if asked.CompileOnly {
		return given
	}
	for index := range asked.Devices {
		matches, details, err := compiled.DeviceMatches(context.Background(), asked.device(index))
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
