import FoundationEssentials
import ProbeEvents
import Synchronization

/// Counts the commands that each program sent to a card.
final class CommandsByProgram: EventSink {
    private let counts = Mutex<[String: Int]>([:])

    /// How many commands each program sent so far.
    var snapshot: [String: Int] { counts.withLock { $0 } }

    func receive(_ event: ProbeEvent) {
        // No `default`: when a kind of event is added, this sink compiles again once it has decided.
        switch event {
        case .apdu(let exchange): counts.withLock { $0[exchange.client.program, default: 0] += 1 }
        case .sessionOpened, .sessionClosed, .operation, .readerChanged, .cardIdentified: break
        case .clientAttached, .clientEnded, .clientDrained, .eventsDropped, .sourceState: break
        case .atCommand, .urc, .modemChanged, .modemIdentified, .simChanged, .registrationChanged, .signalMeasured:
            break
        case .bipOpened, .bipData, .bipLinkChanged, .bipDataWaiting, .bipClosed, .bipFailed, .triggerSeen: break
        case .tls, .ota, .esim, .phone, .test, .database: break
        }
    }
}

/// Tells a sink the events of a file of lines; gives the reason for each line that is none.
func tellEvents(of text: String, to sink: some EventSink) -> [String] {
    var complaints: [String] = []
    for line in text.split(separator: "\n") {
        do throws(EventLineError) {
            sink.receive(try EventLine.decode(Data(line.utf8)))
        } catch {
            complaints.append(error.explanation)
        }
    }
    return complaints
}
