package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime/pprof"
	"time"
)

func server(h http.HandlerFunc) *httptest.Server {
	s := httptest.NewUnstartedServer(h)
	s.EnableHTTP2 = true
	s.StartTLS()
	return s
}

func small(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) }

func get(c *http.Client, url string) {
	r, err := c.Get(url)
	if err == nil {
		_, _ = io.Copy(io.Discard, r.Body)
		r.Body.Close()
	}
}

// dump writes the goroutines to $DUMP, at once: nothing closes before.
func dump() {
	if f, err := os.Create(os.Getenv("DUMP")); err == nil {
		_ = pprof.Lookup("goroutine").WriteTo(f, 2)
		f.Close()
	}
	os.Exit(0)
}

// client of its own transport, that trusts S.
func client(s *httptest.Server) *http.Client {
	t := s.Client().Transport.(*http.Transport).Clone()
	return &http.Client{Transport: t}
}

func reuse(n, _ int, end time.Time) {
	s := server(small)
	c := client(s)
	for i := 0; i < n; i++ {
		get(c, s.URL)
	}
	time.Sleep(time.Until(end))
	dump()
}

func renew(n, _ int, end time.Time) {
	s := server(small)
	for i := 0; i < n; i++ {
		get(client(s), s.URL)
	}
	time.Sleep(time.Until(end))
	dump()
}

func bodies(n, _ int, end time.Time) {
	s := server(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(make([]byte, 6<<20))
	})
	c := client(s)
	for i := 0; i < n; i++ {
		_, _ = c.Get(s.URL) // never closed
	}
	time.Sleep(time.Until(end))
	dump()
}

func slow(n, _ int, end time.Time) {
	s := server(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			<-r.Context().Done()
		}
	})
	c := client(s)
	get(c, s.URL)
	for i := 0; i < n; i++ {
		go get(c, s.URL+"/slow")
	}
	time.Sleep(time.Until(end))
	dump()
}

func cancel(n, _ int, end time.Time) {
	s := server(func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	c := client(s)
	for i := 0; i < n; i++ {
		ctx, done := context.WithTimeout(context.Background(), 50*time.Millisecond)
		q, _ := http.NewRequestWithContext(ctx, "GET", s.URL, nil)
		if r, err := c.Do(q); err == nil {
			r.Body.Close()
		}
		done()
	}
	time.Sleep(time.Until(end))
	dump()
}
