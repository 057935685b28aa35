// Command load puts requests to an API server and says how long they took. It is the same for every server: what the client
// itself costs is in both sides of a ratio.
package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"sort"
	"strings"
	"sync"
	"time"
)

var (
	address     = flag.String("address", "", "where the server listens, with its scheme")
	authority   = flag.String("authority", "", "file of the authority's certificate")
	certificate = flag.String("certificate", "", "file of the client's certificate")
	key         = flag.String("key", "", "file of its key")
	work        = flag.String("work", "", "create, get, update, patch, apply, list, watch, slices, nodes, template or pods")
	clients     = flag.Int("clients", 1, "how many ask at once")
	count       = flag.Int("count", 100, "how many requests in all; for watch how many events")
	watchers    = flag.Int("watchers", 100, "how many watch")
	from        = flag.Int("from", 0, "number of the first object")
	namespace   = flag.String("namespace", "default", "where the objects are")
)

const group = "/apis/resource.k8s.io/v1"

func name(i int) string { return fmt.Sprintf("claim-%06d", i) }

func collection() string { return *address + group + "/namespaces/" + *namespace + "/resourceclaims" }

func claim(i int, version string) []byte {
	metadata := map[string]any{"name": name(i), "labels": map[string]string{"team": fmt.Sprintf("t%d", i%10)}}
	if version != "" {
		metadata["resourceVersion"] = version
	}
	request := map[string]any{
		"name": "gpu",
		"exactly": map[string]any{
			"deviceClassName": "gpu.example.com",
			"selectors": []any{map[string]any{"cel": map[string]any{
				"expression": `device.attributes["gpu.example.com"].model == "A100"`,
			}}},
		},
	}
	return encoded(map[string]any{
		"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim", "metadata": metadata,
		"spec": map[string]any{"devices": map[string]any{"requests": []any{request}}},
	})
}

func slice(i int) []byte {
	node := fmt.Sprintf("node-%06d", i)
	devices := []any{}
	for d := 0; d < 8; d++ {
		devices = append(devices, map[string]any{
			"name": fmt.Sprintf("gpu-%d", d),
			"attributes": map[string]any{
				"model": map[string]any{"string": "A100"},
				"uuid":  map[string]any{"string": fmt.Sprintf("GPU-%08d-%d", i, d)},
				"index": map[string]any{"int": d},
			},
			"capacity": map[string]any{"memory": map[string]any{"value": "80Gi"}},
		})
	}
	return encoded(map[string]any{
		"apiVersion": "resource.k8s.io/v1", "kind": "ResourceSlice", "metadata": map[string]any{"name": node},
		"spec": map[string]any{
			"driver": "gpu.example.com", "nodeName": node, "devices": devices,
			"pool": map[string]any{"name": node, "generation": 1, "resourceSliceCount": 1},
		},
	})
}

func encoded(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		log.Fatal(err)
	}
	return text
}

func connected() *http.Client {
	pair, err := tls.LoadX509KeyPair(*certificate, *key)
	if err != nil {
		log.Fatal(err)
	}
	pem, err := os.ReadFile(*authority)
	if err != nil {
		log.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	transport := &http.Transport{
		TLSClientConfig:     &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: pool},
		MaxIdleConnsPerHost: 1,
		ForceAttemptHTTP2:   true,
		DisableCompression:  true,
	}
	return &http.Client{Transport: transport}
}

func ask(client *http.Client, method, url, media string, body []byte) []byte {
	request, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		log.Fatal(err)
	}
	if media != "" {
		request.Header.Set("Content-Type", media)
	}
	response, err := client.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		log.Fatal(err)
	}
	if response.StatusCode >= 300 {
		log.Fatalf("%s %s: %d %s", method, url, response.StatusCode, text)
	}
	return text
}

// one does the i-th request of the work.
func one(client *http.Client, i int) {
	number := *from + i
	switch *work {
	case "create":
		ask(client, "POST", collection(), "application/json", claim(number, ""))
	case "get":
		ask(client, "GET", collection()+"/"+name(number), "", nil)
	case "update":
		ask(client, "PUT", collection()+"/"+name(number), "application/json", claimLabelled(number))
	case "patch":
		body := encoded(map[string]any{"metadata": map[string]any{"annotations": map[string]string{"at": time.Now().String()}}})
		ask(client, "PATCH", collection()+"/"+name(number), "application/merge-patch+json", body)
	case "apply":
		url := collection() + "/" + name(number) + "?fieldManager=bench&force=true"
		ask(client, "PATCH", url, "application/apply-patch+yaml", claimLabelled(number))
	case "list":
		ask(client, "GET", collection(), "", nil)
	case "list-slices":
		ask(client, "GET", *address+group+"/resourceslices", "", nil)
	case "nodes":
		ready(client, number)
	case "slices":
		ask(client, "POST", *address+group+"/resourceslices", "application/json", slice(number))
	default:
		log.Fatalf("unknown work %q", *work)
	}
}

func claimLabelled(i int) []byte {
	var object map[string]any
	if err := json.Unmarshal(claim(i, ""), &object); err != nil {
		log.Fatal(err)
	}
	object["metadata"].(map[string]any)["labels"].(map[string]any)["at"] = fmt.Sprint(time.Now().UnixNano())
	return encoded(object)
}

// shared has all clients do the work together; the times of the single requests come back.
func shared() []time.Duration {
	times := make([]time.Duration, *count)
	next := make(chan int)
	var group sync.WaitGroup
	for c := 0; c < *clients; c++ {
		client := connected()
		// The handshake is nobody's request.
		ask(client, "GET", *address+"/readyz", "", nil)
		group.Add(1)
		go func() {
			defer group.Done()
			for i := range next {
				began := time.Now()
				one(client, i)
				times[i] = time.Since(began)
			}
		}()
	}
	for i := 0; i < *count; i++ {
		next <- i
	}
	close(next)
	group.Wait()
	return times
}

// watched makes events while many watch, and says how long it took until the last of them had heard all.
func watched() time.Duration {
	var group, ready sync.WaitGroup
	for w := 0; w < *watchers; w++ {
		client := connected()
		group.Add(1)
		ready.Add(1)
		go func() {
			defer group.Done()
			response, err := client.Get(collection() + "?watch=true")
			if err != nil {
				log.Fatal(err)
			}
			defer response.Body.Close()
			ready.Done()
			reader := bufio.NewReaderSize(response.Body, 64*1024)
			for seen := 0; seen < *count; {
				line, err := reader.ReadString('\n')
				if err != nil {
					log.Fatal(err)
				}
				if strings.Contains(line, `"ADDED"`) {
					seen++
				}
			}
		}()
	}
	ready.Wait()
	time.Sleep(time.Second)
	began := time.Now()
	client := connected()
	for i := 0; i < *count; i++ {
		ask(client, "POST", collection(), "application/json", claim(*from+i, ""))
	}
	group.Wait()
	return time.Since(began)
}

func main() {
	flag.Parse()
	var result map[string]any
	if *work == "watch" {
		result = map[string]any{"seconds": watched().Seconds()}
	} else if *work == "template" {
		prepared()
	} else if *work == "pods" {
		total, took := placed()
		result = map[string]any{"seconds": total.Seconds(), "median": took[len(took)/2].Seconds(), "p99": took[len(took)*99/100].Seconds()}
	} else {
		began := time.Now()
		times := shared()
		seconds := time.Since(began).Seconds()
		sort.Slice(times, func(a, b int) bool { return times[a] < times[b] })
		result = map[string]any{"seconds": seconds, "median": times[len(times)/2].Seconds(), "p99": times[len(times)*99/100].Seconds()}
	}
	fmt.Println(string(encoded(result)))
}
