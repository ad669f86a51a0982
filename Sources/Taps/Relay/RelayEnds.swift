/// Where a relay listens, and where it hands on to.
package struct RelayEnds: Sendable, Hashable {
    /// A host and a port.
    package struct Endpoint: Sendable, Hashable, CustomStringConvertible {
        /// Name or address; empty for every address of the machine.
        package var host: String
        /// TCP port.
        package var port: Int

        /// An endpoint from its parts.
        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }

        /// As it is typed: brackets around IPv6.
        package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }

    /// Its name in metrics and events.
    package var name: String
    /// The key of the configuration that names it, for who has to correct it.
    package var key: String
    /// Where clients connect to.
    package var listen: Endpoint
    /// The server.
    package var target: Endpoint
    /// How the server is told who connects; nil for not at all.
    package var proxyHeader: ProxyHeader?
    /// Connections at once; each needs two descriptors, and a process usually may have 1,024.
    package var connectionLimit = 400

    /// Ends of which the server is told nothing.
    package init(name: String, key: String, listen: Endpoint, target: Endpoint) {
        self.name = name
        self.key = key
        self.listen = listen
        self.target = target
    }
}
