internal import CProbe
internal import Glibc

/// The words that this program was called with, byte by byte: those of a wrapped program may be no text.
enum CallWords {
    /// All, the program's own name first.
    static let all: [[UInt8]] = {
        var words: UnsafePointer<UnsafeMutablePointer<CChar>?>?
        let count = process_words(&words)
        return (0..<Int(count)).compactMap { index in
            words?[index].map { word in
                UnsafeBufferPointer(start: word, count: strlen(word)).map(UInt8.init(bitPattern:))
            }
        }
    }()

    /// All but the first as text, for the parser.
    static let texts = all.dropFirst().map { String(decoding: $0, as: UTF8.self) }

    /// The last so many, as they came.
    static func last(_ count: Int) -> [[UInt8]] { Array(all.suffix(count)) }
}
