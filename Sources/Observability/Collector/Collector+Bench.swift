internal import PrometheusClient

extension Collector {
    /// Tells which bench this is; what is not known stays empty.
    public func setBench(_ name: String, site: String = "", instanceID: String = "") {
        catalog.benchInfo.set(name, site, instanceID)
    }
}
