//! The benchmarks' words, spoken by Rust's prometheus; see ../../README.md.
mod record;
mod series;

use prometheus::{Encoder, Registry, TextEncoder};
use std::io::{BufRead, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

fn main() {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let registry = Arc::new(Registry::new());
    match given.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["record", mode, stream] => {
            let recorder = record::Recorder::new(&registry, mode == "resolved", &lines(stream));
            converse(|words| match words {
                ["run", threads, rounds] => recorder.run(number(threads), number(rounds)),
                _ => common(&registry, words),
            });
        }
        ["serve", path] => {
            let mut series = series::Series::new(&registry, &lines(path));
            let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
            let port = listener.local_addr().expect("an address").port();
            let served = registry.clone();
            std::thread::spawn(move || serve(listener, &served));
            converse(|words| match words {
                ["port"] => port.to_string(),
                ["look-up", rounds] => series.look_up(number(rounds)),
                ["update"] => {
                    series.update();
                    "done".to_string()
                }
                ["render"] => {
                    series.update();
                    series.render(&registry)
                }
                _ => common(&registry, words),
            });
        }
        _ => panic!("usage: record look-up|resolved STREAM, or serve SERIES"),
    }
}

/// The library has no server of its own: this is the least that can be called one, so no other is quicker. It answers
/// one client, and keeps its connection.
fn serve(listener: TcpListener, registry: &Registry) {
    let mut body = Vec::new();
    for connection in listener.incoming() {
        let mut connection = connection.expect("a connection");
        connection.set_nodelay(true).expect("an option");
        while read_request(&mut connection) {
            body.clear();
            encode(registry, &mut body);
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            if connection.write_all(head.as_bytes()).and_then(|_| connection.write_all(&body)).is_err() {
                break;
            }
        }
    }
}

/// Reads to the end of a request's head; whether there was one.
fn read_request(connection: &mut TcpStream) -> bool {
    let mut request = [0; 4096];
    let mut length = 0;
    while !request[..length].ends_with(b"\r\n\r\n") {
        match connection.read(&mut request[length..]) {
            Ok(count) if count > 0 => length += count,
            _ => return false,
        }
    }
    true
}

fn converse(mut answer: impl FnMut(&[&str]) -> String) {
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("text");
        println!("{}", answer(&line.split(' ').collect::<Vec<_>>()));
    }
}

fn common(registry: &Registry, words: &[&str]) -> String {
    match words {
        ["write", path] => {
            let mut text = Vec::new();
            encode(registry, &mut text);
            std::fs::write(path, text).expect("a file that can be written");
            "done".to_string()
        }
        _ => panic!("unknown command {}", words.join(" ")),
    }
}

pub fn encode(registry: &Registry, text: &mut Vec<u8>) {
    TextEncoder::new().encode(&registry.gather(), text).expect("an exposition");
}

fn lines(path: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).expect("a file that can be read");
    text.lines().map(|line| line.split('\t').map(String::from).collect()).collect()
}

fn number(text: &str) -> usize {
    text.parse().expect("a number")
}

pub fn reals(list: &str) -> Vec<f64> {
    list.split_whitespace().map(|word| word.parse().expect("a number")).collect()
}
