package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"time"

	corev1 "k8s.io/api/core/v1"
	resourceapi "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/dynamic-resource-allocation/cel"
	"k8s.io/dynamic-resource-allocation/structured"
)

// cluster is what pods are scheduled on, one after the other, from the state that each sample begins with.
type cluster struct {
	// A file with a ResourceSlice a line: a large cluster does not fit into a line of its own.
	SlicesIn string   `json:"slices_in"`
	Nodes    []string `json:"nodes"`
	// The claims of a pod; pods take the templates in turn.
	Templates [][]*resourceapi.ResourceClaim `json:"templates"`
	// So many nodes on which a pod fits end the search for more.
	Enough  int      `json:"enough"`
	Samples []sample `json:"samples"`
}

type sample struct {
	// Driver, pool and name of each device in use.
	Taken [][3]string `json:"taken"`
	// The number of the first pod, and where in the list of nodes it begins.
	First int `json:"first"`
	Start int `json:"start"`
	Pods  int `json:"pods"`
	// No further pod is begun after so many seconds.
	Limit float64 `json:"limit_s"`
}

// course is how a sample went, each list with an entry a pod; the times are those of the thread that allocates, so that
// the collection of garbage beside it is not counted. Without a node the pod fits nowhere.
type course struct {
	Nanoseconds []int64    `json:"ns"`
	Tried       []int      `json:"tried"`
	Nodes       []string   `json:"nodes"`
	Devices     [][]string `json:"devices"`
}

func slicesIn(path string) ([]*resourceapi.ResourceSlice, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var slices []*resourceapi.ResourceSlice
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, longestLine)
	for lines.Scan() {
		slice := &resourceapi.ResourceSlice{}
		if err := json.Unmarshal(lines.Bytes(), slice); err != nil {
			return nil, err
		}
		slices = append(slices, slice)
	}
	return slices, lines.Err()
}

// from is at which of the nodes that were tried a pod begins to look for one that fits: anywhere, as among nodes of equal
// score, but the same in every run.
func from(pod, tried int) int {
	return int(uint32(pod) * 2654435761 % uint32(tried))
}

// claimsOf are the claims of one pod, with names of their own.
func claimsOf(template []*resourceapi.ResourceClaim, pod int) []*resourceapi.ResourceClaim {
	claims := make([]*resourceapi.ResourceClaim, len(template))
	for i, claim := range template {
		claims[i] = claim.DeepCopy()
		claims[i].Name = fmt.Sprintf("pod-%d-%s", pod, claim.Name)
		claims[i].UID = types.UID(claims[i].Name)
	}
	return claims
}

// schedule does for pod after pod what the scheduler does in its PreFilter, Filter and Reserve.
func schedule(asked question) (given answer) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	given.ID = asked.ID
	place := asked.Cluster
	on, err := features(defaults)
	if err == nil {
		asked.Slices, err = slicesIn(place.SlicesIn)
	}
	if err != nil {
		given.Error, given.Kind = err.Error(), "input"
		return given
	}
	nodes := make([]*corev1.Node, len(place.Nodes))
	for i, name := range place.Nodes {
		nodes[i] = &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}}
	}
	cache := cel.NewCache(10, cel.Features{EnableConsumableCapacity: on.ConsumableCapacity})
	for _, sample := range place.Samples {
		state := inUse(nil, on.ConsumableCapacity)
		for _, id := range sample.Taken {
			state.AllocatedDevices.Insert(structured.MakeDeviceID(id[0], id[1], id[2]))
		}
		var gone course
		started, start := time.Now(), sample.Start
		for pod := sample.First; pod < sample.First+sample.Pods && time.Since(started).Seconds() < sample.Limit; pod++ {
			claims := claimsOf(place.Templates[pod%len(place.Templates)], pod)
			began := threadTime()
			allocator, err := structured.NewAllocator(context.Background(), on, structured.AllocatedState{
				AllocatedDevices:         state.AllocatedDevices.Clone(),
				AllocatedSharedDeviceIDs: state.AllocatedSharedDeviceIDs.Clone(),
				AggregatedCapacity:       state.AggregatedCapacity.Clone(),
			}, classes(asked.Classes), asked.Slices, cache)
			if err != nil {
				given.Error, given.Kind = err.Error(), "fatal"
				return given
			}
			var found [][]resourceapi.AllocationResult
			for fitting := 0; len(found) < len(nodes) && fitting < place.Enough; {
				allocations, err := allocator.Allocate(context.Background(), nodes[(start+len(found))%len(nodes)], claims)
				if err != nil {
					given.Error, given.Kind = err.Error(), "fatal"
					return given
				}
				if allocations != nil {
					fitting++
				}
				found = append(found, allocations)
			}
			node, devices := "", []string{}
			for i, chosen := 0, from(pod, len(found)); i < len(found); i, chosen = i+1, (chosen+1)%len(found) {
				if found[chosen] == nil {
					continue
				}
				node = nodes[(start+chosen)%len(nodes)].Name
				for _, allocation := range found[chosen] {
					for _, result := range allocation.Devices.Results {
						id := structured.MakeDeviceID(result.Driver, result.Pool, result.Device)
						state.AllocatedDevices.Insert(id)
						devices = append(devices, id.String())
					}
				}
				break
			}
			start = (start + len(found)) % len(nodes)
			gone.Nanoseconds = append(gone.Nanoseconds, (threadTime() - began).Nanoseconds())
			gone.Tried = append(gone.Tried, len(found))
			gone.Nodes, gone.Devices = append(gone.Nodes, node), append(gone.Devices, devices)
		}
		given.Samples = append(given.Samples, gone)
	}
	return given
}

// memory says how many bytes the slices of a file take, and the allocator over them.
func memory(asked question) (given answer) {
	given.ID = asked.ID
	before := live()
	slices, err := slicesIn(asked.MemoryOf)
	if err != nil {
		given.Error, given.Kind = err.Error(), "input"
		return given
	}
	on, _ := features(defaults)
	state := inUse(nil, on.ConsumableCapacity)
	allocator, err := structured.NewAllocator(
		context.Background(), on, state, classes(asked.Classes), slices, cel.NewCache(10, cel.Features{}))
	if err != nil {
		given.Error, given.Kind = err.Error(), "fatal"
		return given
	}
	given.Bytes = live() - before
	runtime.KeepAlive(allocator)
	return given
}

func live() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
