/// What an event is about: whose it is among the events of all devices and programs.
package struct EventSubject: Sendable, Hashable {
    /// A reader, modem, phone, or relay; nil where there is none, or its name is not known.
    package let device: String?
    /// The process that talked to the card; nil where none is known.
    package let client: ClientProcess?
    /// The client's session with the card, 0 being that of most who name none; nil for none.
    package let session: UInt64?

    fileprivate init(_ device: String? = nil, _ client: ClientProcess? = nil, _ session: UInt64? = nil) {
        self.device = device?.isEmpty == true ? nil : device
        self.client = client
        self.session = client == nil ? nil : session
    }

    fileprivate init(_ link: BIPLink) { self.init(link.device, link.client, link.session) }
}

extension ProbeEvent {
    /// What the event is about.
    package var subject: EventSubject {
        switch self {
        case .apdu(let event): EventSubject(event.reader, event.client, event.session)
        case .sessionOpened(let event): EventSubject(event.reader, event.client, event.session)
        case .sessionClosed(let event): EventSubject(event.reader, event.client, event.session)
        case .operation(let event): EventSubject(event.reader, event.client, event.session)
        case .readerChanged(let event): EventSubject(event.reader)
        case .cardIdentified(let event): EventSubject(event.reader, event.client)
        case .clientAttached(let event): EventSubject(nil, event.client)
        case .clientEnded(let event): EventSubject(nil, event.client)
        case .clientDrained(let event): EventSubject(nil, event.client)
        case .atCommand(let event): EventSubject(event.modem)
        case .urc(let event): EventSubject(event.modem)
        case .modemChanged(let event): EventSubject(event.modem)
        case .modemIdentified(let event): EventSubject(event.modem)
        case .simChanged(let event): EventSubject(event.modem)
        case .registrationChanged(let event): EventSubject(event.modem)
        case .signalMeasured(let event): EventSubject(event.modem)
        case .bipOpened(let event): EventSubject(event.link)
        case .bipData(let event): EventSubject(event.link)
        case .bipLinkChanged(let event): EventSubject(event.link)
        case .bipDataWaiting(let event): EventSubject(event.link)
        case .bipClosed(let event): EventSubject(event.link)
        case .bipFailed(let event): EventSubject(event.link)
        case .triggerSeen(let event): EventSubject(event.device, event.client, event.session)
        case .tls(let event): EventSubject(event.link.tap)
        case .ota(let event): EventSubject(event.link.device)
        case .esim(let event): EventSubject(event.link.device, event.link.client, event.link.session)
        case .phone(.changed(let event)): EventSubject(event.phone)
        case .phone(.identified(let event)): EventSubject(event.phone)
        case .phone(.operation(let event)): EventSubject(event.phone)
        case .eventsDropped, .sourceState, .test, .database: EventSubject()
        }
    }
}
