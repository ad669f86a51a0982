internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials
internal import ProbeEvents

/// Reads one side's records under their keys, in order (RFC 5246, 6.2.3; RFC 7366; RFC 5288).
struct RecordOpener: Sendable {
    private static let blockBytes = 16
    private static let nonceBytes = 8
    private static let tagBytes = 16

    private let parameters: TLSSuiteParameters
    private let keys: RecordKeys
    private let isChecked: Bool
    private let encryptsThenMACs: Bool
    private let hasOwnVector: Bool
    private var sequence: UInt64 = 0
    /// In TLS 1.0 the end of each record begins the next one.
    private var vector: [UInt8]

    /// - Parameter isChecked: whether the key of codes is known.
    init(_ parameters: TLSSuiteParameters, _ hello: ServerHello, _ keys: RecordKeys, isChecked: Bool) {
        (self.parameters, self.keys, self.isChecked) = (parameters, keys, isChecked)
        encryptsThenMACs = hello.encryptsThenMACs
        hasOwnVector = hello.version != .tls10
        vector = keys.vector
    }

    /// What a record holds; nil when it is none under these keys.
    mutating func open(_ record: TLSRecord) -> [UInt8]? {
        defer { sequence &+= 1 }
        switch parameters.cipher {
        case .none: return withoutCode(record, record.body)
        case .aesCBC: return openBlocks(record)
        case .aesGCM: return openSealed(record)
        }
    }

    /// What goes before the bytes that a code is of.
    private func prefix(_ record: TLSRecord, length: Int) -> [UInt8] {
        let fields = [
            record.type.rawValue, UInt8(truncatingIfNeeded: record.version >> 8),
            UInt8(truncatingIfNeeded: record.version), UInt8(truncatingIfNeeded: length >> 8),
            UInt8(truncatingIfNeeded: length),
        ]
        return (0..<8).map { UInt8(truncatingIfNeeded: sequence >> (56 - 8 * $0)) } + fields
    }

    private func withoutCode(_ record: TLSRecord, _ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.count >= parameters.mac.bytes else { return nil }
        let content = Array(bytes.dropLast(parameters.mac.bytes))
        guard isChecked else { return content }
        let code = TLSPRF.code(parameters.mac, prefix(record, length: content.count) + content, key: keys.mac)
        return code.elementsEqual(bytes.suffix(code.count)) ? content : nil
    }

    private mutating func openBlocks(_ record: TLSRecord) -> [UInt8]? {
        guard let body = encryptsThenMACs ? withoutCode(record, record.body) : record.body else { return nil }
        if hasOwnVector { vector = Array(body.prefix(Self.blockBytes)) }
        let blocks = hasOwnVector ? body.dropFirst(Self.blockBytes) : body[...]
        guard vector.count == Self.blockBytes, !blocks.isEmpty, blocks.count.isMultiple(of: Self.blockBytes),
            let plain = try? AES._CBC.decrypt(
                Array(blocks), using: SymmetricKey(data: keys.cipher), iv: AES._CBC.IV(ivBytes: vector),
                noPadding: true)
        else { return nil }
        vector = Array(blocks.suffix(Self.blockBytes))
        // The last byte says how many there are of its kind before it (RFC 5246, 6.2.3.2).
        guard let padding = plain.last, plain.count > Int(padding) else { return nil }
        let content = Array(plain.dropLast(Int(padding) + 1))
        return encryptsThenMACs ? content : withoutCode(record, content)
    }

    private func openSealed(_ record: TLSRecord) -> [UInt8]? {
        let length = record.body.count - Self.nonceBytes - Self.tagBytes
        guard length >= 0 else { return nil }
        let nonce = keys.vector + record.body.prefix(Self.nonceBytes)
        let sealed = record.body.dropFirst(Self.nonceBytes)
        guard
            let box = try? AES.GCM.SealedBox(
                nonce: AES.GCM.Nonce(data: nonce), ciphertext: Array(sealed.prefix(length)),
                tag: Array(sealed.suffix(Self.tagBytes))),
            let plain = try? AES.GCM.open(
                box, using: SymmetricKey(data: keys.cipher), authenticating: prefix(record, length: length))
        else { return nil }
        return Array(plain)
    }
}
