internal import CXML

/// Hears the elements of a document.
protocol XMLElementSink: AnyObject {
    /// An element began, with its attributes; names have no prefix.
    func began(_ element: String, _ attributes: [String: String])
    /// It ended.
    func ended(_ element: String)
}

/// Reads an XML document piece by piece, from whoever: libxml2 without network, entities of the document's own, and
/// documents of more depth than people write.
///
/// Texts between elements are passed over. Not for use from two threads at once.
final class XMLElements {
    private let sink: any XMLElementSink
    private var reader: OpaquePointer?
    /// What was wrong first, and in which line; nil while nothing was.
    private(set) var fault: (line: Int, words: String)?

    /// A reader of nothing yet.
    init(_ sink: any XMLElementSink) {
        self.sink = sink
        let handler = xml_element_handler(
            began: { context, name, attributes, count in
                guard let elements = XMLElements.of(context), let name else { return }
                elements.sink.began(
                    String(cString: name), XMLElements.read(UnsafeBufferPointer(start: attributes, count: count)))
            },
            ended: { context, name in
                guard let elements = XMLElements.of(context), let name else { return }
                elements.sink.ended(String(cString: name))
            })
        reader = xml_elements_new(handler, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit { if let reader { xml_elements_free(reader) } }

    /// Takes bytes, cut anywhere; after a fault none.
    func received(_ bytes: some Collection<UInt8>) { parse(Array(bytes), isLast: false) }

    /// The document has ended.
    func ended() { parse([], isLast: true) }

    private func parse(_ bytes: [UInt8], isLast: Bool) {
        guard fault == nil else { return }
        guard let reader else {
            fault = (0, "no memory")
            return
        }
        let isWellFormed = bytes.withUnsafeBytes { room in
            xml_elements_parse(
                reader, room.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(clamping: room.count), isLast)
        }
        guard !isWellFormed else { return }
        var line: Int32 = 0
        let message = xml_elements_fault(reader, &line).map { String(cString: $0) } ?? "not well formed"
        fault = (Int(line), message.split(separator: "\n").first.map(String.init) ?? message)
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> XMLElements? {
        context.map { Unmanaged<XMLElements>.fromOpaque($0).takeUnretainedValue() }
    }

    private static func read(_ attributes: UnsafeBufferPointer<xml_attribute>) -> [String: String] {
        var read: [String: String] = [:]
        for attribute in attributes {
            let value = UnsafeRawBufferPointer(start: attribute.value, count: attribute.length)
            read[String(cString: attribute.name)] = String(decoding: value, as: UTF8.self)
        }
        return read
    }
}
