/// The dashboard that shows more of an alert.
enum DashboardPage: String, Sendable {
    case overview = "cardlink-ota"
    case apdu = "cardlink-apdu"
    case devices = "cardlink-devices"
    case tests = "cardlink-tests"
    case bench = "cardlink-benches"
}
