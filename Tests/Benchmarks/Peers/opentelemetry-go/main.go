// The span benchmark's words, spoken by OpenTelemetry's SDK for Go; see ../README.md.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Takes spans as a fast endpoint would.
type taker struct{ spans, attributes int64 }

func (t *taker) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	atomic.AddInt64(&t.spans, int64(len(spans)))
	for _, span := range spans {
		atomic.AddInt64(&t.attributes, int64(len(span.Attributes())))
	}
	return nil
}

func (t *taker) Shutdown(context.Context) error { return nil }

func main() {
	taken := &taker{}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(taken))
	tracer := provider.Tracer("benchmark")
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		words := strings.Fields(input.Text())
		switch {
		case len(words) == 2 && words[0] == "spans":
			count, err := strconv.Atoi(words[1])
			if err != nil {
				panic(err)
			}
			start := time.Now()
			for number := 0; number < count; number++ {
				one(tracer, number)
			}
			fmt.Println(float64(time.Since(start).Nanoseconds()) / float64(count))
		case len(words) == 1 && words[0] == "taken":
			if err := provider.ForceFlush(context.Background()); err != nil {
				panic(err)
			}
			fmt.Println(atomic.LoadInt64(&taken.spans), atomic.LoadInt64(&taken.attributes))
		default:
			panic("unknown command")
		}
	}
}

func one(tracer trace.Tracer, number int) {
	_, span := tracer.Start(
		context.Background(), "SELECT",
		trace.WithAttributes(
			attribute.String("cardlink.apdu.command", "SELECT"),
			attribute.Int("cardlink.apdu.cla", 0),
			attribute.Int("cardlink.apdu.ins", 0xA4),
			attribute.Int("cardlink.apdu.p1", 4),
			attribute.Int("cardlink.apdu.p2", number),
			attribute.String("cardlink.apdu.status_word", "9000"),
			attribute.Float64("cardlink.apdu.seconds", 0.0123),
			attribute.Bool("cardlink.apdu.success", true)))
	span.End()
}
