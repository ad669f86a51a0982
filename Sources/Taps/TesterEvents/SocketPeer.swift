internal import Glibc

/// Who is at the other end of a local socket, as the kernel noted it when they connected.
struct SocketPeer {
    // asm-generic/socket.h; Glibc's module does not have them all.
    private static let peerCredentials: Int32 = 17
    private static let peerGroups: Int32 = 59

    let user: uid_t
    let groups: Set<gid_t>

    /// Nil when the kernel does not say.
    init?(of descriptor: Int32) {
        // struct ucred: pid, uid, gid.
        var credentials: [UInt32] = [0, 0, 0]
        var bytes = socklen_t(credentials.count * MemoryLayout<UInt32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, Self.peerCredentials, &credentials, &bytes) == 0 else { return nil }
        user = credentials[1]
        groups = Self.supplementaryGroups(of: descriptor).union([credentials[2]])
    }

    /// Whether the peer is this user, root, or in the group.
    func isAllowed(group: gid_t?) -> Bool {
        user == geteuid() || user == 0 || group.map(groups.contains) ?? false
    }

    private static func supplementaryGroups(of descriptor: Int32) -> Set<gid_t> {
        // The kernel tells the length that it needs when there is no room: NGROUPS_MAX is 65,536.
        var bytes = socklen_t(0)
        getsockopt(descriptor, SOL_SOCKET, peerGroups, nil, &bytes)
        var groups = [gid_t](repeating: 0, count: min(Int(bytes) / MemoryLayout<gid_t>.size, 65_536))
        guard !groups.isEmpty, getsockopt(descriptor, SOL_SOCKET, peerGroups, &groups, &bytes) == 0 else { return [] }
        return Set(groups)
    }
}

/// Finds a group's number by its name; nil when the system has none of that name.
package func groupNumber(named name: String) -> UInt32? {
    var entry = group()
    var found: UnsafeMutablePointer<group>?
    // A group with thousands of members needs more than the customary page.
    var buffer = [CChar](repeating: 0, count: 1 << 20)
    guard getgrnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
    return entry.gr_gid
}
