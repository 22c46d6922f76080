package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/http"
	"sort"
	"strings"
	"sync"
	"time"
)

// Load is what clients did to a service: how long each answer took, sorted.
type Load struct {
	took   []time.Duration
	failed int
	length time.Duration
}

func (l Load) rate() float64 { return float64(len(l.took)) / l.length.Seconds() }

// at is a percentile in milliseconds, 0 where there was no answer.
func (l Load) at(p float64) float64 {
	if len(l.took) == 0 {
		return 0
	}
	return float64(l.took[int(p*float64(len(l.took)-1))].Microseconds()) / 1000
}

// Client speaks HTTP to a service's Unix socket.
type Client struct {
	http *http.Client
	body []byte // what each request carries
}

func newClient(socket, kind string) *Client {
	c := &Client{http: &http.Client{
		Timeout: 10 * time.Second,
		Transport: &http.Transport{
			MaxIdleConnsPerHost: 100,
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, "unix", socket)
			},
		},
	}}
	if kind == "queue" {
		c.body = batch(100)
	}
	return c
}

// batch is a request of the queue's: N messages.
func batch(n int) []byte {
	var items []map[string]any
	for i := 0; i < n; i++ {
		items = append(items, map[string]any{
			"id": i, "name": fmt.Sprintf("item-%d", i), "tags": []string{"a", "b", "c"}, "payload": strings.Repeat("x", 160),
		})
	}
	b, err := json.Marshal(items)
	check(err)
	return b
}

func (c *Client) get(path string, body io.Reader) ([]byte, error) {
	resp, err := c.http.Post("http://service/"+path, "application/json", body)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %s: %s", resp.Status, b)
	}
	return b, err
}

// request adds one answer's time to its list, or nothing when it failed. The time runs from when it was due.
func (c *Client) request(due time.Time, took *[]time.Duration, failed *int) {
	if _, err := c.get("work", bytes.NewReader(c.body)); err != nil {
		*failed++
		time.Sleep(10 * time.Millisecond)
		return
	}
	*took = append(*took, time.Since(due))
}

// client asks, until length has passed, and says how long each answer took.
type client func(c *Client, length time.Duration, took *[]time.Duration, failed *int)

// closed asks again when it was answered.
func closed(c *Client, length time.Duration, took *[]time.Duration, failed *int) {
	for start := time.Now(); time.Since(start) < length; {
		c.request(time.Now(), took, failed)
	}
}

// opened asks at times of its own, whether it was answered or not in time.
func opened(next func() time.Duration) client {
	return func(c *Client, length time.Duration, took *[]time.Duration, failed *int) {
		for start, at := time.Now(), next(); at < length; at += next() {
			due := start.Add(at)
			time.Sleep(time.Until(due))
			c.request(due, took, failed)
		}
	}
}

// loads are the clients of each kind. paced is about half of what a quota of half a CPU bears.
var loads = map[string]struct {
	clients int
	client
}{
	"http": {16, closed}, "queue": {8, closed}, "cpu": {2, closed},
	"bursty": {40, opened(func() time.Duration { return 250 * time.Millisecond })},
	"paced": {16, opened(func() time.Duration {
		return time.Duration(rand.ExpFloat64() * float64(16*time.Second) / pacedRate)
	})},
}

const pacedRate = 2000 // requests a second

// load puts a kind's load on a service for some time.
func (c *Client) load(kind string, length time.Duration) Load {
	l := loads[kind]
	took, failed := make([][]time.Duration, l.clients), make([]int, l.clients)
	var wg sync.WaitGroup
	wg.Add(l.clients)
	start := time.Now()
	for i := 0; i < l.clients; i++ {
		go func(i int) { l.client(c, length, &took[i], &failed[i]); wg.Done() }(i)
	}
	wg.Wait()
	out := Load{length: time.Since(start)}
	for i := range took {
		out.took = append(out.took, took[i]...)
		out.failed += failed[i]
	}
	sort.Slice(out.took, func(i, j int) bool { return out.took[i] < out.took[j] })
	return out
}
