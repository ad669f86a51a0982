package main

import (
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type command struct {
	name, carrier, statusWord, success string
	seconds, sent, received            float64
}

type resolved struct {
	commands, responses          prometheus.Counter
	time, dataSent, dataReceived prometheus.Observer
	seconds, sent, received      float64
}

type recorder struct {
	stream     []command
	resolved   []resolved
	commands   *prometheus.CounterVec
	responses  *prometheus.CounterVec
	time       *prometheus.HistogramVec
	data       *prometheus.HistogramVec
	isResolved bool
}

func newRecorder(registry *prometheus.Registry, mode string, rows [][]string) *recorder {
	r := &recorder{
		commands: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cardlink_apdu_commands_total", Help: "Commands."}, []string{"command", "interface"}),
		responses: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cardlink_apdu_responses_total", Help: "Responses."}, []string{"status_word", "success"}),
		time: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "cardlink_apdu_response_time_seconds", Help: "Times.",
			Buckets: reals(".0001 .00025 .0005 .001 .0025 .005 .01 .025 .05 .1 .25 .5 1 2.5 5 10")},
			[]string{"command"}),
		data: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "cardlink_apdu_data_bytes", Help: "Lengths.",
			Buckets: reals("16 32 64 128 256 512 1024 2048 4096")}, []string{"direction"}),
		isResolved: mode == "resolved",
	}
	registry.MustRegister(r.commands, r.responses, r.time, r.data)
	for _, row := range rows {
		c := command{row[0], row[1], row[2], row[3], real(row[4]), real(row[5]), real(row[6])}
		r.stream = append(r.stream, c)
		if r.isResolved {
			r.resolved = append(r.resolved, resolved{
				r.commands.WithLabelValues(c.name, c.carrier), r.responses.WithLabelValues(c.statusWord, c.success),
				r.time.WithLabelValues(c.name), r.data.WithLabelValues("sent"), r.data.WithLabelValues("received"),
				c.seconds, c.sent, c.received})
		}
	}
	return r
}

func (r *recorder) run(threads, rounds int) string {
	var group sync.WaitGroup
	start := time.Now()
	for thread := 0; thread < threads; thread++ {
		group.Add(1)
		go func(first int) {
			for round := 0; round < rounds; round++ {
				if r.isResolved {
					r.recordResolved(first)
				} else {
					r.record(first)
				}
			}
			group.Done()
		}(thread * len(r.stream) / threads)
	}
	group.Wait()
	nanoseconds := float64(time.Since(start).Nanoseconds()) / float64(rounds*len(r.stream))
	return strconv.FormatFloat(nanoseconds, 'f', 3, 64)
}

func (r *recorder) record(first int) {
	for _, part := range [][]command{r.stream[first:], r.stream[:first]} {
		for i := range part {
			c := &part[i]
			r.commands.WithLabelValues(c.name, c.carrier).Inc()
			r.responses.WithLabelValues(c.statusWord, c.success).Inc()
			r.time.WithLabelValues(c.name).Observe(c.seconds)
			r.data.WithLabelValues("sent").Observe(c.sent)
			r.data.WithLabelValues("received").Observe(c.received)
		}
	}
}

func (r *recorder) recordResolved(first int) {
	for _, part := range [][]resolved{r.resolved[first:], r.resolved[:first]} {
		for i := range part {
			c := &part[i]
			c.commands.Inc()
			c.responses.Inc()
			c.time.Observe(c.seconds)
			c.dataSent.Observe(c.sent)
			c.dataReceived.Observe(c.received)
		}
	}
}
