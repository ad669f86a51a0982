import ProbeEvents

extension ProbeEvent {
    /// What it tells of a BIP channel or a trigger, in a few words and without times of day; nil for another event.
    package var channelWords: String? {
        switch self {
        case .bipOpened(let event):
            let port = event.port.map { " \($0)" } ?? ""
            let buffer = event.bufferBytes.map { " buffer \($0)" } ?? ""
            let trigger = event.sinceTriggerNanoseconds == nil ? "" : " after a trigger"
            return "opened \(event.link.channel) \(event.bearer.name) \(event.transport.name)\(port)\(buffer)\(trigger)"
        case .bipData(let event): return "\(event.direction.name) \(event.bytes) on \(event.link.channel)"
        case .bipLinkChanged(let event): return "link \(event.link.channel) \(event.state.name)"
        case .bipDataWaiting(let event):
            return "waiting \(event.bytes.map(String.init) ?? "?") for \(event.link.channel)"
        case .bipClosed(let event):
            return "closed \(event.link.channel) \(event.status.name) \(event.reason.name) \(event.sentBytes) sent "
                + "\(event.receivedBytes) received"
        case .bipFailed(let event):
            let trigger = event.sinceTriggerNanoseconds == nil ? "" : " after a trigger"
            return "failed \(event.command.name) \(event.bearer.name) \(event.error.name)\(trigger)"
        case .triggerSeen(let event):
            return "trigger \(event.trigger.name) \(event.security?.application.description ?? "-")"
        default: return nil
        }
    }
}
