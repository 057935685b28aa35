// Upstream's allocator as a pipe: a case a line in, an answer a line out, both JSON.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"time"

	corev1 "k8s.io/api/core/v1"
	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/dynamic-resource-allocation/cel"
	"k8s.io/dynamic-resource-allocation/structured"
)

const longestLine = 64 << 20

// question is one case. Features are the allocator's own names; without them the defaults of 1.37 hold.
type question struct {
	ID        string                       `json:"id"`
	Features  *[]string                    `json:"features"`
	Node      *corev1.Node                 `json:"node"`
	Classes   []*resourceapi.DeviceClass   `json:"classes"`
	Slices    []*resourceapi.ResourceSlice `json:"slices"`
	Allocated []*resourceapi.ResourceClaim `json:"allocated"`
	Claims    []*resourceapi.ResourceClaim `json:"claims"`
	Timeout   float64                      `json:"timeout_s"`
	// With a cluster, or with a file of slices, the case is a measurement.
	Cluster  *cluster `json:"cluster"`
	MemoryOf string   `json:"memory_of"`
}

// answer has allocations (null: no solution) or an error; kind says what the error reaches.
type answer struct {
	ID          string                         `json:"id"`
	Allocations []resourceapi.AllocationResult `json:"allocations"`
	Error       string                         `json:"error,omitempty"`
	Kind        string                         `json:"kind,omitempty"`
	Steps       int64                          `json:"steps"`
	Nanoseconds int64                          `json:"ns,omitempty"`
	Samples     []course                       `json:"samples,omitempty"`
	Bytes       int64                          `json:"bytes,omitempty"`
}

var defaults = []string{
	"AdminAccess", "ConsumableCapacity", "DeviceBindingAndStatus", "DeviceTaints", "PartitionableDevices", "PrioritizedList",
}

// classes looks classes up by name, as the scheduler's lister does.
type classes []*resourceapi.DeviceClass

func (c classes) List() ([]*resourceapi.DeviceClass, error) { return c, nil }

func (c classes) Get(name string) (*resourceapi.DeviceClass, error) {
	for _, class := range c {
		if class.Name == name {
			return class, nil
		}
	}
	return nil, fmt.Errorf("deviceclass.resource.k8s.io %q not found", name)
}

func features(names []string) (found structured.Features, err error) {
	fields := reflect.ValueOf(&found).Elem()
	for _, name := range names {
		field := fields.FieldByName(name)
		if !field.IsValid() {
			return found, fmt.Errorf("no feature %q", name)
		}
		field.SetBool(true)
	}
	return found, nil
}

// inUse is what the allocations take: whole devices, or shares where those are switched on.
func inUse(claims []*resourceapi.ResourceClaim, shares bool) structured.AllocatedState {
	state := structured.AllocatedState{
		AllocatedDevices:         sets.New[structured.DeviceID](),
		AllocatedSharedDeviceIDs: sets.New[structured.SharedDeviceID](),
		AggregatedCapacity:       structured.NewConsumedCapacityCollection(),
	}
	for _, claim := range claims {
		if claim.Status.Allocation == nil {
			continue
		}
		for _, result := range claim.Status.Allocation.Devices.Results {
			if result.AdminAccess != nil && *result.AdminAccess {
				continue
			}
			id := structured.MakeDeviceID(result.Driver, result.Pool, result.Device)
			if !shares || result.ShareID == nil {
				state.AllocatedDevices.Insert(id)
				continue
			}
			state.AllocatedSharedDeviceIDs.Insert(structured.MakeSharedDeviceID(id, result.ShareID))
			if result.ConsumedCapacity != nil {
				state.AggregatedCapacity.Insert(structured.NewDeviceConsumedCapacity(id, result.ConsumedCapacity))
			}
		}
	}
	return state
}

func allocate(asked question) (given answer) {
	given.ID = asked.ID
	defer func() {
		if panicked := recover(); panicked != nil {
			given = answer{ID: asked.ID, Error: fmt.Sprint(panicked), Kind: "panic"}
		}
	}()
	names := defaults
	if asked.Features != nil {
		names = *asked.Features
	}
	on, err := features(names)
	if err != nil {
		given.Error, given.Kind = err.Error(), "input"
		return given
	}
	began := time.Now()
	defer func() { given.Nanoseconds = time.Since(began).Nanoseconds() }()
	ctx := context.Background()
	if asked.Timeout > 0 {
		limited, cancel := context.WithTimeout(ctx, time.Duration(asked.Timeout*float64(time.Second)))
		defer cancel()
		ctx = limited
	}
	cache := cel.NewCache(10, cel.Features{
		EnableConsumableCapacity: on.ConsumableCapacity, EnableListTypeAttributes: on.ListTypeAttributes,
	})
	state := inUse(asked.Allocated, on.ConsumableCapacity)
	allocator, err := structured.NewAllocator(ctx, on, state, classes(asked.Classes), asked.Slices, cache)
	if err != nil {
		given.Error, given.Kind = err.Error(), "fatal"
		return given
	}
	given.Allocations, err = allocator.Allocate(ctx, asked.Node, asked.Claims)
	// The statistics are of a type that only the allocator's own packages can name.
	if stats := reflect.ValueOf(allocator).MethodByName("GetStats"); stats.IsValid() {
		given.Steps = stats.Call(nil)[0].FieldByName("NumAllocateOneInvocations").Int()
	}
	switch {
	case err == nil:
	case errors.Is(err, context.DeadlineExceeded):
		given.Error, given.Kind = err.Error(), "timeout"
	case errors.Is(err, structured.ErrFailedAllocationOnNode):
		given.Error, given.Kind = err.Error(), "node"
	default:
		given.Error, given.Kind = err.Error(), "fatal"
	}
	return given
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, longestLine)
	answers := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var asked question
		given := answer{Kind: "input"}
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			given.Error = err.Error()
		} else {
			switch {
			case asked.Cluster != nil:
				given = schedule(asked)
			case asked.MemoryOf != "":
				given = memory(asked)
			default:
				given = allocate(asked)
			}
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
