import Testing

@testable import ProbeDaemon

struct AcceptEncodingTests {
    @Test(arguments: [
        ("gzip", true), ("GZip", true), ("deflate, gzip;q=1.0, *;q=0.5", true), ("*", true), ("gzip ; q=0.001", true),
        ("x-gzip", true), ("br,*;q=0.1", true), ("identity, *;q=0, gzip", true),
        ("", false), ("identity", false), ("gzip;q=0", false), ("gzip;q=0.000, *", false), ("*;q=0", false),
        ("gzipped", false), ("gzip;q=x", false), (";;,,;q=1", false), ("deflate", false),
    ])
    func readsTheHeader(header: String, isAllowed: Bool) {
        #expect(AcceptEncoding.allowsGzip(header) == isAllowed)
    }

    @Test func noHeaderMeansNone() {
        #expect(!AcceptEncoding.allowsGzip(nil))
    }
}
