// What only OpenMetrics has: exemplars, and the moment from which a child counts. Children that have neither never come
// here.

extension PreparedFamily {
    /// The children whose lines have more than their numbers, in order.
    func annotatedChildren(withCreated: Bool) -> ArraySlice<Int> {
        guard let children else { return [] }
        if withCreated, children.createdName != nil { return Array(children.cells.indices)[...] }
        guard !exemplars.isEmpty else { return [] }
        return children.cells.indices.filter { exemplars[UInt(bitPattern: children.cells[$0])] != nil }[...]
    }

    /// The lines of one child with all that it has.
    func annotatedLines(ofChild child: Int, withCreated: Bool) -> [UInt8] {
        guard let children else { return [] }
        let exemplars = exemplars[UInt(bitPattern: children.cells[child])] ?? [:]
        var lines: [UInt8] = []
        for (number, line) in children.plainLines(ofChild: child).split(separator: UInt8(ascii: "\n")).enumerated() {
            lines.append(contentsOf: line)
            // Buckets come first, the lowest before the others; a counter has one line.
            if let exemplar = exemplars[number] { exemplar.append(unit: children.unit, to: &lines) }
            lines.append(UInt8(ascii: "\n"))
        }
        if withCreated { children.appendCreated(ofChild: child, to: &lines) }
        return lines
    }
}

extension PreparedChildren {
    fileprivate func plainLines(ofChild child: Int) -> [UInt8] {
        let room = longest(ofChild: child)
        return [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            guard let start = buffer.baseAddress else { return }
            count = write(from: child, upTo: child + 1, at: start, before: start + room).place - start
        }
    }

    fileprivate func appendCreated(ofChild child: Int, to lines: inout [UInt8]) {
        guard let createdName else { return }
        let last = cuts[(child + 1) * cutsPerChild - 1]
        let first = cutsPerChild > 1 ? cuts[(child + 1) * cutsPerChild - 2] : start(ofChild: child)
        lines.append(contentsOf: createdName.utf8)
        // The labels are those of the last sample, `_total` or `_count`.
        lines.append(contentsOf: text[(first + lastNameBytes)..<last])
        NumberText.append(secondsOf: cells[child].pointee.createdNanoseconds, to: &lines)
        lines.append(UInt8(ascii: "\n"))
    }
}

extension Exemplar {
    /// Writes ` # {trace_id="…"} value seconds`.
    fileprivate func append(unit: MetricUnit, to line: inout [UInt8]) {
        line.append(contentsOf: " # ".utf8)
        var separator = UInt8(ascii: "{")
        for label in labels {
            line.append(separator)
            separator = UInt8(ascii: ",")
            line.append(contentsOf: label.name.utf8)
            line.append(contentsOf: "=\"".utf8)
            SampleText.append(escaped: label.value, quotes: true, to: &line)
            line.append(UInt8(ascii: "\""))
        }
        line.append(contentsOf: labels.isEmpty ? "{} ".utf8 : "} ".utf8)
        if unit == .seconds {
            NumberText.append(secondsOf: value, to: &line)
        } else {
            line.append(contentsOf: "\(value)".utf8)
        }
        line.append(UInt8(ascii: " "))
        NumberText.append(secondsOf: wallNanoseconds, to: &line)
    }
}
