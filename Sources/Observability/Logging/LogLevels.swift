package import Logging
internal import Synchronization

/// The least level that each component logs; changed while the program runs, read with one atomic load.
package final class LogLevels: Sendable {
    /// The level of one component.
    final class Cell: Sendable {
        private let place: Atomic<Int>

        init(_ level: Logger.Level) { place = Atomic(Self.place(of: level)) }

        var level: Logger.Level {
            get { Self.levels[place.load(ordering: .relaxed)] }
            set { place.store(Self.place(of: newValue), ordering: .relaxed) }
        }

        private static let levels = Logger.Level.allCases

        private static func place(of level: Logger.Level) -> Int { levels.firstIndex(of: level) ?? 0 }
    }

    private let cells: [Cell]

    /// One level for all but those that have one of their own.
    package init(_ level: Logger.Level, components: [LogComponent: Logger.Level] = [:]) {
        cells = LogComponent.allCases.map { Cell(components[$0] ?? level) }
    }

    /// Changes all.
    package func set(_ level: Logger.Level, components: [LogComponent: Logger.Level] = [:]) {
        for component in LogComponent.allCases { cell(component).level = components[component] ?? level }
    }

    /// The level of a component.
    package subscript(component: LogComponent) -> Logger.Level { cell(component).level }

    func cell(_ component: LogComponent) -> Cell { cells[component.place] }
}

extension LogComponent {
    fileprivate var place: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
