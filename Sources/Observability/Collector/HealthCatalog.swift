package import ProbeEvents
package import PrometheusClient

/// The metric families of the probe itself. They are served even where another probe counts the bench.
package struct HealthCatalog: Sendable {
    /// The probe's version.
    package let applicationInfo = Info(
        "cardlink_application_info", "The probe that serves these metrics.",
        labels: "name", "version", "description", "swift_version", "platform")
    /// Events that came.
    package let eventsReceived = Counter(
        "cardlink_events_received_total", "Events that sources told.", labels: OneLabel("source", SourceKind.self))
    /// Events that were lost: no other number has them.
    package let eventsDropped = Counter(
        "cardlink_events_dropped_total", "Events that were lost before they were counted.",
        labels: TwoLabels("source", SourceKind.self, "reason", DropReason.self))
    /// Series that there was no room for. Its own names are few: it has room for each.
    package let seriesRefused = Counter(
        "cardlink_series_refused_total", "Values that were counted under other, or not, since a family was full.",
        labels: OneLabel("family", OpenLabel.self), seriesLimit: .max)
    /// How long a scrape takes.
    package let scrapeDuration = DurationHistogram(
        "cardlink_scrape_duration_seconds", "Time to answer a scrape.",
        buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1])
    /// What waits to be sent.
    package let exportQueueLength = Gauge(
        "cardlink_export_queue_length", "Items that wait to be exported.",
        labels: OneLabel("exporter", ExporterName.self))
    /// Attempts to send that failed.
    package let exportFailures = Counter(
        "cardlink_export_failures_total", "Attempts to export that failed; another one may follow.",
        labels: TwoLabels("exporter", ExporterName.self, "reason", ExportFailureReason.self))
    /// What will never arrive, though the numbers have it.
    package let exportDropped = Counter(
        "cardlink_export_dropped_total", "Items that were given up: spans, log records, events.",
        labels: TwoLabels("exporter", ExporterName.self, "reason", ExportFailureReason.self))

    /// Cards that are remembered no more.
    package let cardsForgotten = Counter(
        "cardlink_cards_forgotten_total", "Cards whose usual is remembered no more, since so many others came.")
    /// Files of faults.
    package let flightFiles = Counter(
        "cardlink_flight_files_total", "Faults by what became of the file of the events around them.",
        labels: OneLabel("result", FlightFileResult.self))

    // MARK: The process, as other Prometheus clients name it

    /// Processor time.
    package let processCPUSeconds = ObservedFamily(
        .counter, "process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", unit: .seconds)
    /// Open descriptors.
    package let processOpenFDs = ObservedFamily(
        .gauge, "process_open_fds", "Number of open file descriptors.")
    /// Most descriptors.
    package let processMaxFDs = ObservedFamily(
        .gauge, "process_max_fds", "Maximum number of open file descriptors.")
    /// Address space.
    package let processVirtualMemory = ObservedFamily(
        .gauge, "process_virtual_memory_bytes", "Virtual memory size in bytes.", unit: .bytes)
    /// Largest address space.
    package let processVirtualMemoryMax = ObservedFamily(
        .gauge, "process_virtual_memory_max_bytes", "Maximum amount of virtual memory available in bytes.",
        unit: .bytes)
    /// Memory in use.
    package let processResidentMemory = ObservedFamily(
        .gauge, "process_resident_memory_bytes", "Resident memory size in bytes.", unit: .bytes)
    /// Start.
    package let processStartTime = ObservedFamily(
        .gauge, "process_start_time_seconds", "Start time of the process since unix epoch in seconds.",
        unit: .seconds)
    /// Threads.
    package let processThreads = ObservedFamily(.gauge, "process_threads", "Number of OS threads in the process.")

    /// A catalogue of its own; its families count from 0.
    package init() {}
}
