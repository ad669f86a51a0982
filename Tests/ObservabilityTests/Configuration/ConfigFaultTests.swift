import TestSupport
import Testing

@testable import Observability

/// Files with faults, and the lines that a person is told.
struct ConfigFaultTests {
    private static let times = "a time from 50ms to 60s, as in 5s, 500ms or 1m30s; a number alone is of seconds"
    private static let addresses = "HOST:PORT, [IPV6]:PORT, or :PORT for every address"
    private static let endpoints =
        "HOST:PORT, or a URL that begins with http:// or https:// and has no user's name in it"
    private static let paths =
        "a path that begins with /, is none of /, /health, /health/live, /health/ready, "
        + "and not below /api/ or /live/"
    private static let freePath =
        "is no free path; it begins with /, is none of /, /health, /health/live, /health/ready, "
        + "and not below /api/ or /live/"

    private static let relays =
        "NAME=LISTEN/SERVER, each HOST:PORT, LISTEN also :PORT, with /v1 or /v2 behind for a PROXY header"
    private static let adbRelays = "LISTEN or LISTEN/SERVER, each HOST:PORT, LISTEN also :PORT"
    private static let levels = "trace, debug, info, notice, warning, error, critical"
    private static let components =
        "serve, config, http, receiver, events, readers, modems, tls, phones, store, export, log, program"

    @Test(arguments: [
        ("metrics: {enabled: yes}", ["1: metrics.enabled 'yes' is neither true nor false"]),
        ("metrics: {enabled: 1}", ["1: metrics.enabled '1' is neither true nor false"]),
        ("metrics: {port: 65536}", ["1: metrics.port '65536' is not a whole number from 0 to 65535"]),
        ("metrics: {port: -1}", ["1: metrics.port '-1' is not a whole number from 0 to 65535"]),
        ("metrics: {port: 78.5}", ["1: metrics.port '78.5' is not a whole number from 0 to 65535"]),
        ("metrics: {port: web}", ["1: metrics.port 'web' is not a whole number from 0 to 65535"]),
        (
            "metrics: {port: 99999999999999999999}",
            [
                "1: metrics.port '99999999999999999999' is not a whole number from 0 to 65535"
            ]
        ),
        ("metrics: {port: }", ["1: metrics.port has no value; allowed: a whole number from 0 to 65535"]),
        (
            "metrics:\n  port: [1, 2]",
            [
                "2: metrics.port is a list where one value is allowed: a whole number from 0 to 65535"
            ]
        ),
        (
            "metrics:\n  port:\n    number: 1",
            [
                "2: metrics.port has keys where a value is allowed: a whole number from 0 to 65535"
            ]
        ),
        ("metrics: {path: metrics}", ["1: metrics.path 'metrics' \(freePath)"]),
        ("metrics: {path: /health}", ["1: metrics.path '/health' \(freePath)"]),
        ("metrics: {path: /live/page.js}", ["1: metrics.path '/live/page.js' \(freePath)"]),
        ("metrics: {path: /api/v1/apdu/1}", ["1: metrics.path '/api/v1/apdu/1' \(freePath)"]),
        ("metrics: {path: ''}", ["1: metrics.path '' \(freePath)"]),
        ("metrics: {path: ~}", ["1: metrics.path has no value; allowed: \(paths)"]),
        ("metrics: {max_requests: 0}", ["1: metrics.max_requests '0' is not a whole number from 1 to 10000"]),
        (
            "metrics: {listen_address: 7816}",
            [
                "1: metrics.listen_address '7816' has no host; write :7816 for every address, or 127.0.0.1:7816"
            ]
        ),
        (
            "metrics: {listen_address: ['127.0.0.1:1', '::1:2']}",
            [
                "1: metrics.listen_address '::1:2' is not clear; write an IPv6 address in brackets, as in [::1]:7816"
            ]
        ),
        (
            "metrics: {listen_address: [{host: a}]}",
            [
                "1: metrics.listen_address has something in its list that is no value; allowed: \(addresses)"
            ]
        ),
        ("health: {timeout: 0}", ["1: health.timeout '0' is not \(times)"]),
        ("health: {timeout: 5 s}", ["1: health.timeout '5 s' is not \(times)"]),
        ("health: {timeout: 2m}", ["1: health.timeout '2m' is not \(times)"]),
        ("health: {timeout: ever}", ["1: health.timeout 'ever' is not \(times)"]),
        (
            "health: {disk_degraded_percent: 90%}",
            ["1: health.disk_degraded_percent '90%' is not a whole number from 1 to 100"]
        ),
        ("system: {disk_paths: [/, var]}", ["1: system.disk_paths 'var' is no path that begins with /"]),
        ("web: {host_names: 'a b'}", ["1: web.host_names 'a b' is no host name"]),
        (
            "store: {max_size: 1kB}",
            [
                "1: store.max_size '1kB' is not a size from 1MiB to 1TiB, as in 256MiB; a number alone is of bytes"
            ]
        ),
        ("web: {live_page: maybe}", ["1: web.live_page 'maybe' is neither true nor false"]),
        ("tracing: {protocol: udp}", ["1: tracing.protocol 'udp' is none of: grpc, http/protobuf, http"]),
        ("tracing: {sample_rate: 1.5}", ["1: tracing.sample_rate '1.5' is not a number from 0 to 1"]),
        ("tracing: {sample_rate: nan}", ["1: tracing.sample_rate 'nan' is not a number from 0 to 1"]),
        ("tracing: {endpoint: collector}", ["1: tracing.endpoint 'collector' is not \(endpoints)"]),
        ("tracing: {endpoint: 'ftp://h:1'}", ["1: tracing.endpoint 'ftp://h:1' is not \(endpoints)"]),
        (
            "tracing: {endpoint: 'http://u:secret@h'}",
            ["1: tracing.endpoint has a user's name or password; allowed: \(endpoints)"]
        ),
        ("taps: {psk_tls: 'a=:1'}", ["1: taps.psk_tls 'a=:1' is not \(relays)"]),
        ("taps: {psk_tls: ':1/h:2'}", ["1: taps.psk_tls ':1/h:2' is not \(relays)"]),
        ("taps: {psk_tls: 'a=:1/:2'}", ["1: taps.psk_tls 'a=:1/:2' is not \(relays)"]),
        ("taps: {psk_tls: 'a=:1/h:0'}", ["1: taps.psk_tls 'a=:1/h:0' is not \(relays)"]),
        ("taps: {psk_tls: 'a=:1/h:2/v3'}", ["1: taps.psk_tls 'a=:1/h:2/v3' is not \(relays)"]),
        ("taps: {adb: '5038'}", ["1: taps.adb '5038' is not \(adbRelays)"]),
        ("taps: {adb: ':5038/:5037'}", ["1: taps.adb ':5038/:5037' is not \(adbRelays)"]),
        ("phones: {server: 'tcp:5037'}", ["1: phones.server 'tcp:5037' is not HOST:PORT or tcp:HOST:PORT"]),
        ("runtime: {group: ''}", ["1: runtime.group is empty where a group is allowed"]),
        ("logging: {level: loud}", ["1: logging.level 'loud' is none of: \(levels)"]),
        ("logging: {format: xml}", ["1: logging.format 'xml' is none of: text, json"]),
        ("logging: {file: log}", ["1: logging.file 'log' is neither stderr nor an absolute path"]),
        ("logging: {trace_correlation: 2}", ["1: logging.trace_correlation '2' is neither true nor false"]),
        ("logging:\n  components:\n    - http=loud", ["2: logging.components 'loud' is none of: \(levels)"]),
        ("logging: {components: taps=info}", ["1: logging.components 'taps' is none of: \(components)"]),
        (
            "logging: {components: http}",
            [
                "1: logging.components 'http' is not COMPONENT=LEVEL, a component of: \(components); a level of: \(levels)"
            ]
        ),
        (
            "metrics: 5",
            [
                "1: metrics is no key but has keys under it: metrics.enabled, metrics.listen_address, metrics.port, "
                    + "metrics.path, metrics.max_requests, metrics.series_limit, metrics.created, "
                    + "metrics.collection_interval"
            ]
        ),
        ("metrics:\n  prot: 1", ["2: metrics.prot is no key; did you mean metrics.port?"]),
        ("health:\n\n  listen_adress: a", ["3: health.listen_adress is no key; did you mean health.listen_address?"]),
        ("listen_address: ':1'", ["1: listen_address is no key; did you mean health.listen_address?"]),
        ("heath: {port: 1}", ["1: heath is no key; did you mean health?"]),
        ("Metrics: {port: 1}", ["1: Metrics is no key; did you mean metrics?"]),
        ("metrics.port: 1", [String]()),
        ("metrics: {port: 1}\nmetrics.port: 2", ["2: metrics.port has a value in line 1 already"]),
        ("- metrics", ["1: has no keys; write KEY: VALUE, as in metrics: {port: 7816}"]),
        ("metrics", ["1: has no keys; write KEY: VALUE, as in metrics: {port: 7816}"]),
        ("metrics: {port: 1}\nmetrics: {port: 2}", ["1: has this key more than once: metrics"]),
        ("metrics:\n  port: 1\n path: /a", ["3: is no YAML: did not find expected key"]),
        ("metrics:\n\tport: 1", ["2: is no YAML: found character that cannot start any token"]),
        ("metrics: {port: 1", ["2: is no YAML: did not find expected ',' or '}'"]),
        ("metrics: 'a", ["1: is no YAML: found unexpected end of stream"]),
        ("metrics: *a", ["1: is no YAML: found undefined alias"]),
        ("? [a]\n: 1", ["1: has a key that is no word"]),
        (
            "metrics:\n  port: x\n  enabled: y\nhealth:\n  prot: 1\n  port: [a]\n",
            [
                "2: metrics.port 'x' is not a whole number from 0 to 65535",
                "3: metrics.enabled 'y' is neither true nor false",
                "5: health.prot is no key; did you mean health.port?",
                "6: health.port is a list where one value is allowed: a whole number from 0 to 65535",
            ]
        ),
    ])
    func aPersonIsTold(text: String, expected: [String]) async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(text, to: "config.yaml")
        #expect(await Self.lines(ConfigSources(file: file)) == expected.map { "\(file):\($0)" })
    }

    @Test func aFileThatIsNone() async throws {
        let folder = try TemporaryFolder()
        let missing = folder.file("missing.yaml")
        #expect(
            await Self.lines(ConfigSources(file: missing)) == [
                "\(missing): cannot be read: No such file or directory; write it, or name another"
            ])
        #expect(await Self.lines(ConfigSources(file: folder.path)) == ["\(folder.path): is no file"])
        let large = try folder.write("# " + String(repeating: "a", count: 300_000), to: "large.yaml")
        #expect(
            await Self.lines(ConfigSources(file: large)) == [
                "\(large): has more than 262144 bytes, which no file of this kind has"
            ])
    }

    /// Aliases of aliases, and brackets in brackets, end in a line as well.
    @Test(arguments: [
        "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
            + (0..<12).map { level in
                let name = Array("abcdefghijklmnop")
                return "\(name[level + 1]): &\(name[level + 1]) ["
                    + Array(repeating: "*\(name[level])", count: 10).joined(separator: ",") + "]\n"
            }.joined(),
        String(repeating: "[", count: 100_000), String(repeating: "{a: ", count: 50_000),
        String(repeating: "- ", count: 100_000),
    ])
    func hostileTextsEnd(_ text: String) async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(text, to: "config.yaml")
        #expect(await Self.lines(ConfigSources(file: file)).count >= 1)
    }

    @Test func everyPlaceIsNamedAtOnce() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("health: {port: x}\n", to: "config.yaml")
        let sources = ConfigSources(
            file: file, environment: ["CARDLINK_METRICS_PORT": "y", "GP_METRICS_PATH": "z"],
            options: ["metrics.max_requests": ["w"]])
        #expect(
            await Self.lines(sources) == [
                "\(file):1: health.port 'x' is not a whole number from 0 to 65535",
                "CARDLINK_METRICS_PORT: metrics.port 'y' is not a whole number from 0 to 65535",
                "GP_METRICS_PATH: metrics.path 'z' \(Self.freePath)",
                "--web.max-requests 'w' is not a whole number from 1 to 10000",
            ])
        await #expect { try await sources.load() } throws: { ($0 as? ConfigError)?.isUsage == false }
        let usage = ConfigSources(options: ["metrics.max_requests": ["w"]])
        await #expect { try await usage.load() } throws: { ($0 as? ConfigError)?.isUsage == true }
    }

    private static func lines(_ sources: ConfigSources) async -> [String] {
        do throws(ConfigError) {
            _ = try await sources.load()
            return []
        } catch {
            return error.faults.map(\.line)
        }
    }
}
