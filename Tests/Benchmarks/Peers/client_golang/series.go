package main

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// child has one of the three.
type child struct {
	counter   prometheus.Counter
	gauge     prometheus.Gauge
	histogram prometheus.Observer
	values    []float64
}

// labelled is a counter that is to be found by its labels.
type labelled struct {
	vector *prometheus.CounterVec
	labels []string
}

type series struct {
	registry *prometheus.Registry
	children []child
	counters []labelled
	step     int
	text     bytes.Buffer
}

func newSeries(registry *prometheus.Registry, rows [][]string) *series {
	s := &series{registry: registry}
	var make func(labels []string) child
	for _, row := range rows {
		if row[0] == "family" {
			make = s.family(row[1:])
		} else {
			s.children = append(s.children, make(row[1:]))
		}
	}
	return s
}

func (s *series) family(words []string) func(labels []string) child {
	kind, name, help, labels := words[0], words[1], words[2], strings.Fields(words[3])
	switch kind {
	case "counter":
		vector := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		s.registry.MustRegister(vector)
		return func(labels []string) child {
			s.counters = append(s.counters, labelled{vector, labels})
			return child{counter: vector.WithLabelValues(labels...)}
		}
	case "gauge":
		vector := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
		s.registry.MustRegister(vector)
		return func(labels []string) child { return child{gauge: vector.WithLabelValues(labels...)} }
	default:
		values := reals(words[5])
		vector := prometheus.NewHistogramVec(
			prometheus.HistogramOpts{Name: name, Help: help, Buckets: reals(words[4])}, labels)
		s.registry.MustRegister(vector)
		return func(labels []string) child {
			return child{histogram: vector.WithLabelValues(labels...), values: values}
		}
	}
}

func (s *series) update() {
	for i := range s.children {
		c := &s.children[i]
		switch {
		case c.counter != nil:
			c.counter.Add(float64(1 + (7*i+13*s.step)%100))
		case c.gauge != nil:
			c.gauge.Set(float64((31*i+17*s.step)%8000-4000) / 8)
		default:
			c.histogram.Observe(c.values[0])
			for k := 0; k < 4; k++ {
				c.histogram.Observe(c.values[(i+4*s.step+k)%len(c.values)])
			}
		}
	}
	s.step++
}

func (s *series) lookUp(rounds int) string {
	start := time.Now()
	for round := 0; round < rounds; round++ {
		for i := range s.counters {
			s.counters[i].vector.WithLabelValues(s.counters[i].labels...).Inc()
		}
	}
	return fmt.Sprint(float64(time.Since(start).Nanoseconds()) / float64(rounds*len(s.counters)))
}

func (s *series) render() string {
	s.text.Reset()
	start := time.Now()
	encode(s.registry, &s.text)
	return fmt.Sprint(time.Since(start).Nanoseconds(), " ", s.text.Len())
}
