package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net/http"
	"sort"
	"sync"
	"time"
)

var rate = flag.Float64("rate", 0, "how many pods a second are made; as fast as the server takes them without it")

func core(path string) string { return *address + "/api/v1" + path }

func node(i int) []byte {
	amounts := map[string]string{"cpu": "64", "memory": "256Gi", "pods": "110"}
	name := fmt.Sprintf("node-%06d", i)
	return encoded(map[string]any{
		"apiVersion": "v1", "kind": "Node",
		"metadata": map[string]any{"name": name, "labels": map[string]string{"kubernetes.io/hostname": name}},
		"status": map[string]any{
			"capacity": amounts, "allocatable": amounts,
			"conditions": []any{map[string]any{"type": "Ready", "status": "True"}},
		},
	})
}

// ready has a node, and takes off the taint that a new one gets until somebody says that it is well.
func ready(client *http.Client, i int) {
	ask(client, "POST", core("/nodes"), "application/json", node(i))
	untainted := []byte(`{"spec":{"taints":null}}`)
	ask(client, "PATCH", core(fmt.Sprintf("/nodes/node-%06d", i)), "application/merge-patch+json", untainted)
}

func prepared() {
	client := connected()
	class := map[string]any{
		"apiVersion": "resource.k8s.io/v1", "kind": "DeviceClass", "metadata": map[string]any{"name": "gpu.example.com"},
		"spec": map[string]any{"selectors": []any{map[string]any{"cel": map[string]any{
			"expression": `device.driver == "gpu.example.com"`,
		}}}},
	}
	ask(client, "POST", *address+group+"/deviceclasses", "application/json", encoded(class))
	var like map[string]any
	if err := json.Unmarshal(claim(0, ""), &like); err != nil {
		log.Fatal(err)
	}
	template := map[string]any{
		"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaimTemplate", "metadata": map[string]any{"name": "gpu"},
		"spec": map[string]any{"spec": like["spec"]},
	}
	url := *address + group + "/namespaces/" + *namespace + "/resourceclaimtemplates"
	ask(client, "POST", url, "application/json", encoded(template))
}

func pod(i int) []byte {
	return encoded(map[string]any{
		"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": podName(i)},
		"spec": map[string]any{
			"containers": []any{map[string]any{
				"name": "main", "image": "busybox",
				"resources": map[string]any{
					"requests": map[string]string{"cpu": "100m", "memory": "64Mi"},
					"claims":   []any{map[string]string{"name": "gpu"}},
				},
			}},
			"resourceClaims": []any{map[string]string{"name": "gpu", "resourceClaimTemplateName": "gpu"}},
			// Nobody is on these nodes who could say that they are well.
			"tolerations": []any{map[string]string{"operator": "Exists"}},
		},
	})
}

func podName(i int) string { return fmt.Sprintf("pod-%06d", i) }

// placed makes pods and says how long it took from the first of them until the last has its node, and how long for each.
func placed() (time.Duration, []time.Duration) {
	path := "/namespaces/" + *namespace + "/pods"
	var lock sync.Mutex
	made := map[string]time.Time{}
	took := []time.Duration{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		client, version := connected(), ""
		seen := map[string]bool{}
		// A server ends the watch of one that is slow, which on a busy machine anybody may be.
		for len(seen) < *count {
			url := core(path) + "?watch=true&fieldSelector=spec.nodeName!=&resourceVersion=" + version
			response, err := client.Get(url)
			if err != nil {
				log.Fatal(err)
			}
			reader := bufio.NewReaderSize(response.Body, 256*1024)
			for len(seen) < *count {
				line, err := reader.ReadBytes('\n')
				if err != nil {
					break
				}
				var event struct {
					Type   string
					Object struct {
						Metadata struct{ Name, ResourceVersion string }
					}
				}
				if err := json.Unmarshal(line, &event); err != nil || event.Type == "ERROR" {
					log.Fatalf("%v: %s", err, line)
				}
				version = event.Object.Metadata.ResourceVersion
				lock.Lock()
				if at, ours := made[event.Object.Metadata.Name]; ours && !seen[event.Object.Metadata.Name] {
					seen[event.Object.Metadata.Name] = true
					took = append(took, time.Since(at))
				}
				lock.Unlock()
			}
			response.Body.Close()
		}
	}()
	began := time.Now()
	next := make(chan int)
	for c := 0; c < *clients; c++ {
		client := connected()
		go func() {
			for i := range next {
				lock.Lock()
				made[podName(i)] = time.Now()
				lock.Unlock()
				ask(client, "POST", core(path), "application/json", pod(i))
			}
		}()
	}
	for i := 0; i < *count; i++ {
		if *rate > 0 {
			time.Sleep(time.Until(began.Add(time.Duration(float64(i) / *rate * float64(time.Second)))))
		}
		next <- *from + i
	}
	close(next)
	select {
	case <-done:
	case <-time.After(10 * time.Minute):
		log.Fatalf("%d of %d pods have a node", len(took), *count)
	}
	total := time.Since(began)
	sort.Slice(took, func(a, b int) bool { return took[a] < took[b] })
	return total, took
}
