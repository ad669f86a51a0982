// The benchmarks' words, spoken by client_golang; see ../README.md.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/expfmt"
)

func main() {
	registry := prometheus.NewRegistry()
	switch {
	case len(os.Args) == 4 && os.Args[1] == "record":
		recorder := newRecorder(registry, os.Args[2], lines(os.Args[3]))
		converse(func(words []string) string {
			if words[0] == "run" && len(words) == 3 {
				return recorder.run(number(words[1]), number(words[2]))
			}
			return common(registry, words)
		})
	case len(os.Args) == 3 && os.Args[1] == "serve":
		series := newSeries(registry, lines(os.Args[2]))
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		check(err)
		go http.Serve(listener, promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
		converse(func(words []string) string {
			switch words[0] {
			case "look-up":
				return series.lookUp(number(words[1]))
			case "update":
				series.update()
				return "done"
			case "render":
				series.update()
				return series.render()
			case "port":
				return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
			}
			return common(registry, words)
		})
	default:
		fail("usage: record look-up|resolved STREAM, or serve SERIES")
	}
}

func converse(answer func(words []string) string) {
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		fmt.Println(answer(strings.Fields(input.Text())))
	}
}

func common(registry *prometheus.Registry, words []string) string {
	if words[0] != "write" || len(words) != 2 {
		fail("unknown command " + words[0])
	}
	var text bytes.Buffer
	encode(registry, &text)
	check(os.WriteFile(words[1], text.Bytes(), 0o644))
	return "done"
}

func encode(registry *prometheus.Registry, text *bytes.Buffer) {
	families, err := registry.Gather()
	check(err)
	encoder := expfmt.NewEncoder(text, expfmt.FmtText)
	for _, family := range families {
		check(encoder.Encode(family))
	}
}

func lines(path string) [][]string {
	text, err := os.ReadFile(path)
	check(err)
	var rows [][]string
	for _, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		rows = append(rows, strings.Split(line, "\t"))
	}
	return rows
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	check(err)
	return value
}

func real(text string) float64 {
	value, err := strconv.ParseFloat(text, 64)
	check(err)
	return value
}

func reals(list string) []float64 {
	var values []float64
	for _, word := range strings.Fields(list) {
		values = append(values, real(word))
	}
	return values
}

func check(err error) {
	if err != nil {
		fail(err.Error())
	}
}

func fail(words string) {
	fmt.Fprintln(os.Stderr, "client_golang: "+words)
	os.Exit(1)
}
