use crate::reals;
use prometheus::{Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry};
use std::rc::Rc;
use std::time::Instant;

enum Child {
    Counter(IntCounter),
    Gauge(Gauge),
    Histogram(Histogram, Rc<Vec<f64>>),
}

/// A family of counters and the label values of one of them.
type Labelled = (IntCounterVec, Vec<String>);

pub struct Series {
    children: Vec<Child>,
    /// Those that are to be found by their labels.
    counters: Vec<Labelled>,
    step: usize,
    text: Vec<u8>,
}

type Maker = Box<dyn Fn(&[&str]) -> Child>;

impl Series {
    pub fn new(registry: &Registry, rows: &[Vec<String>]) -> Series {
        let mut series = Series { children: Vec::new(), counters: Vec::new(), step: 0, text: Vec::new() };
        let mut make: Maker = Box::new(|_| panic!("a child without a family"));
        let mut counters = None;
        for row in rows {
            let words: Vec<&str> = row.iter().map(String::as_str).collect();
            if words[0] == "family" {
                (make, counters) = family(registry, &words);
            } else {
                if let Some(counters) = &counters {
                    series.counters.push((IntCounterVec::clone(counters), row[1..].to_vec()));
                }
                series.children.push(make(&words[1..]));
            }
        }
        series
    }

    pub fn update(&mut self) {
        let step = self.step;
        for (i, child) in self.children.iter().enumerate() {
            match child {
                Child::Counter(counter) => counter.inc_by(1 + (7 * i as u64 + 13 * step as u64) % 100),
                Child::Gauge(gauge) => gauge.set((((31 * i + 17 * step) % 8000) as f64 - 4000.0) / 8.0),
                Child::Histogram(histogram, values) => {
                    histogram.observe(values[0]);
                    for k in 0..4 {
                        histogram.observe(values[(i + 4 * step + k) % values.len()]);
                    }
                }
            }
        }
        self.step += 1;
    }

    pub fn look_up(&self, rounds: usize) -> String {
        let start = Instant::now();
        for _ in 0..rounds {
            for (family, labels) in &self.counters {
                family.with_label_values(&[&labels[0], &labels[1]]).inc();
            }
        }
        format!("{:.3}", start.elapsed().as_nanos() as f64 / (rounds * self.counters.len()) as f64)
    }

    pub fn render(&mut self, registry: &Registry) -> String {
        self.text.clear();
        let start = Instant::now();
        crate::encode(registry, &mut self.text);
        format!("{} {}", start.elapsed().as_nanos(), self.text.len())
    }
}

/// What makes a child of a family; a family of counters, too.
fn family(registry: &Registry, words: &[&str]) -> (Maker, Option<IntCounterVec>) {
    let options = Opts::new(words[2], words[3]);
    let labels: Vec<&str> = words[4].split(' ').collect();
    match words[1] {
        "counter" => {
            let made = IntCounterVec::new(options, &labels).expect("a family");
            registry.register(Box::new(made.clone())).expect("a name of its own");
            let family = made.clone();
            (Box::new(move |values| Child::Counter(made.with_label_values(values))), Some(family))
        }
        "gauge" => {
            let made = GaugeVec::new(options, &labels).expect("a family");
            registry.register(Box::new(made.clone())).expect("a name of its own");
            (Box::new(move |values| Child::Gauge(made.with_label_values(values))), None)
        }
        _ => {
            let options = HistogramOpts::from(options).buckets(reals(words[5]));
            let made = HistogramVec::new(options, &labels).expect("a family");
            registry.register(Box::new(made.clone())).expect("a name of its own");
            let values = Rc::new(reals(words[6]));
            (Box::new(move |labels| Child::Histogram(made.with_label_values(labels), values.clone())), None)
        }
    }
}
