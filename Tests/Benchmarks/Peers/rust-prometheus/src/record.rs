use crate::reals;
use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry};
use std::time::Instant;

struct Command {
    name: String,
    carrier: String,
    status_word: String,
    success: String,
    seconds: f64,
    sent: f64,
    received: f64,
}

struct Resolved {
    commands: IntCounter,
    responses: IntCounter,
    time: Histogram,
    sent: Histogram,
    received: Histogram,
}

pub struct Recorder {
    stream: Vec<Command>,
    /// Empty when children are looked up.
    resolved: Vec<Resolved>,
    commands: IntCounterVec,
    responses: IntCounterVec,
    time: HistogramVec,
    data: HistogramVec,
}

impl Recorder {
    pub fn new(registry: &Registry, is_resolved: bool, rows: &[Vec<String>]) -> Recorder {
        let counters = |name: &str, labels: &[&str]| {
            let made = IntCounterVec::new(Opts::new(name, "Counts."), labels).expect("a family");
            registry.register(Box::new(made.clone())).expect("a name of its own");
            made
        };
        let histograms = |name: &str, labels: &[&str], bounds: &str| {
            let options = HistogramOpts::new(name, "Values.").buckets(reals(bounds));
            let made = HistogramVec::new(options, labels).expect("a family");
            registry.register(Box::new(made.clone())).expect("a name of its own");
            made
        };
        let mut recorder = Recorder {
            stream: Vec::new(),
            resolved: Vec::new(),
            commands: counters("cardlink_apdu_commands_total", &["command", "interface"]),
            responses: counters("cardlink_apdu_responses_total", &["status_word", "success"]),
            time: histograms(
                "cardlink_apdu_response_time_seconds",
                &["command"],
                ".0001 .00025 .0005 .001 .0025 .005 .01 .025 .05 .1 .25 .5 1 2.5 5 10",
            ),
            data: histograms("cardlink_apdu_data_bytes", &["direction"], "16 32 64 128 256 512 1024 2048 4096"),
        };
        for row in rows {
            let real = |index: usize| row[index].parse().expect("a number");
            let text = |index: usize| row[index].clone();
            recorder.stream.push(Command {
                name: text(0),
                carrier: text(1),
                status_word: text(2),
                success: text(3),
                seconds: real(4),
                sent: real(5),
                received: real(6),
            });
        }
        if is_resolved {
            recorder.resolved = recorder.stream.iter().map(|command| recorder.resolve(command)).collect();
        }
        recorder
    }

    pub fn run(&self, threads: usize, rounds: usize) -> String {
        let start = Instant::now();
        std::thread::scope(|scope| {
            for thread in 0..threads {
                let first = thread * self.stream.len() / threads;
                scope.spawn(move || {
                    for _ in 0..rounds {
                        self.record(first, self.stream.len());
                        self.record(0, first);
                    }
                });
            }
        });
        let nanoseconds = start.elapsed().as_nanos() as f64 / (rounds * self.stream.len()) as f64;
        format!("{nanoseconds:.3}")
    }

    fn record(&self, from: usize, to: usize) {
        if self.resolved.is_empty() {
            for c in &self.stream[from..to] {
                self.commands.with_label_values(&[&c.name, &c.carrier]).inc();
                self.responses.with_label_values(&[&c.status_word, &c.success]).inc();
                self.time.with_label_values(&[&c.name]).observe(c.seconds);
                self.data.with_label_values(&["sent"]).observe(c.sent);
                self.data.with_label_values(&["received"]).observe(c.received);
            }
        } else {
            for (c, r) in self.stream[from..to].iter().zip(&self.resolved[from..to]) {
                r.commands.inc();
                r.responses.inc();
                r.time.observe(c.seconds);
                r.sent.observe(c.sent);
                r.received.observe(c.received);
            }
        }
    }

    fn resolve(&self, c: &Command) -> Resolved {
        Resolved {
            commands: self.commands.with_label_values(&[&c.name, &c.carrier]),
            responses: self.responses.with_label_values(&[&c.status_word, &c.success]),
            time: self.time.with_label_values(&[&c.name]),
            sent: self.data.with_label_values(&["sent"]),
            received: self.data.with_label_values(&["received"]),
        }
    }
}
