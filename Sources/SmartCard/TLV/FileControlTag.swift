/// The tags of file control information (ISO/IEC 7816-4, 7.4; TS 102 221, 11.1.1).
public enum FileControlTag {
    /// What an object holds, by its tag and that of the object around it; nil when the table has no row for it.
    public static func name(of tag: UInt32, in outer: UInt32?) -> String? {
        switch outer {
        case nil: templates[tag]
        case 0x62, 0x64, 0x6F: parameters[tag]
        case 0xA5: proprietary[tag]
        default: nil
        }
    }

    private static let templates: [UInt32: String] = [
        0x62: "file control parameters", 0x64: "file management data", 0x6F: "file control information",
    ]

    private static let parameters: [UInt32: String] = [
        0x80: "file size", 0x81: "total file size", 0x82: "file descriptor", 0x83: "file identifier",
        0x84: "application identifier", 0x85: "proprietary information", 0x86: "security attributes, proprietary",
        0x87: "file with further control information", 0x88: "short file identifier", 0x8A: "life cycle status",
        0x8B: "security attributes, reference", 0x8C: "security attributes, compact",
        0x8D: "file with security environments", 0xA5: "proprietary information", 0xAB: "security attributes, expanded",
        0xC6: "PIN status",
    ]

    // TS 102 221, 11.1.1.4.6
    private static let proprietary: [UInt32: String] = [
        0x80: "UICC characteristics", 0x81: "application power consumption", 0x82: "minimum clock frequency",
        0x83: "available memory", 0x84: "file details", 0x85: "reserved file size", 0x86: "maximum file size",
        0x87: "supported system commands", 0x88: "specific environmental conditions",
    ]
}
