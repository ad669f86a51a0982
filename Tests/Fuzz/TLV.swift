@testable import SmartCard

/// libFuzzer: any bytes are TLV objects up to where they break, each of them whole, in order, and within the bytes; what
/// stands behind an object changes nothing of it.
@_cdecl("LLVMFuzzerTestOneInput")
public func takeObjects(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    holdBER(bytes[...], depth: 0)
    holdComprehension(bytes)
    return 0
}

private func holdBER(_ bytes: ArraySlice<UInt8>, depth: Int) {
    let (objects, isTruncated) = BERTLVs.decode(bytes)
    holdOrder(objects.map(\.value), in: bytes)
    if !isTruncated { precondition((bytes.last ?? 0) == 0 || bytes.last == 0xFF || ends(objects.last?.value, bytes)) }
    if let last = objects.last {
        precondition(BERTLVs.decode(bytes[..<last.value.endIndex]).objects == objects)
        precondition(BERTLVs.decode(bytes[..<last.value.endIndex].dropLast()).objects.count < objects.count)
    }
    guard depth < 8 else { return }
    for object in objects {
        precondition(object.isConstructed || Array(object.children).isEmpty)
        if object.isConstructed { holdBER(object.value, depth: depth + 1) }
    }
}

private func holdComprehension(_ bytes: [UInt8]) {
    let (objects, isTruncated) = ComprehensionTLVs.decode(bytes[...])
    holdOrder(objects.map(\.value), in: bytes[...])
    precondition(isTruncated || bytes.isEmpty || ends(objects.last?.value, bytes[...]))
    guard let last = objects.last else { return }
    precondition(ComprehensionTLVs.decode(bytes[..<last.value.endIndex]).objects == objects)
    precondition(ComprehensionTLVs.decode(bytes[..<last.value.endIndex].dropLast()).objects.count < objects.count)
    for object in objects { _ = ToolkitTag.named(object.tag)?.name }
}

/// A value begins behind its tag and length, which come behind the value before.
private func holdOrder(_ values: [ArraySlice<UInt8>], in bytes: ArraySlice<UInt8>) {
    var end = bytes.startIndex
    for value in values {
        precondition(value.startIndex >= end + 2 && value.endIndex <= bytes.endIndex)
        end = value.endIndex
    }
}

private func ends(_ value: ArraySlice<UInt8>?, _ bytes: ArraySlice<UInt8>) -> Bool {
    value?.endIndex == bytes.endIndex
}
