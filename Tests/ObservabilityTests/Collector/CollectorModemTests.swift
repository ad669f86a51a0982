import ProbeEvents
import PrometheusClient
import Testing

@testable import Observability

@Suite struct CollectorModemTests {
    typealias Scenario = CollectorScenario

    private static func stamp(_ duration: UInt64 = 0) -> EventStamp { Scenario.stamp(duration, source: .modem) }

    private static func change(
        _ change: ModemChange.Change, _ error: DeviceErrorType? = nil, modem: String = "M"
    )
        -> ProbeEvent
    {
        .modemChanged(ModemChange(stamp: stamp(), modem: modem, change: change, error: error))
    }

    private static func command(_ command: ATCommandName, _ result: ATResult, _ duration: UInt64) -> ProbeEvent {
        .atCommand(ATCommandDone(stamp: stamp(duration), modem: "M", command: command, result: result))
    }

    private static func registration(_ state: RegistrationState, _ domain: RegistrationDomain = .eps) -> ProbeEvent {
        .registrationChanged(
            RegistrationChange(stamp: stamp(), modem: "M", domain: domain, state: state, technology: .eutran))
    }

    @Test func commands() {
        let events = [
            Self.command(.csq, .ok, 20_000_000), Self.command(.csq, .ok, 30_000_000),
            Self.command(.cpin, .cmeError, 10_000_000), Self.command(.cops, .timeout, 180_000_000_000),
            Self.command(.cops, .aborted, 1_000_000_000), Self.command(.at, .portLost, 1_000_000),
        ]
        #expect(
            Scenario.samples("at_command", "device_", after: events) == [
                #"device_errors_total{device_type="modem",error_type="timeout"} 1"#,
                #"device_operations_total{device_type="modem",operation="command",status="success"} 2"#,
                #"device_operations_total{device_type="modem",operation="command",status="failed"} 2"#,
                #"device_operations_total{device_type="modem",operation="command",status="cancelled"} 1"#,
                #"device_operations_total{device_type="modem",operation="command",status="timeout"} 1"#,
                #"at_command_duration_seconds_sum{command="AT"} 0.001"#,
                #"at_command_duration_seconds_count{command="AT"} 1"#,
                #"at_command_duration_seconds_sum{command="AT+CPIN"} 0.01"#,
                #"at_command_duration_seconds_count{command="AT+CPIN"} 1"#,
                #"at_command_duration_seconds_sum{command="AT+CSQ"} 0.05"#,
                #"at_command_duration_seconds_count{command="AT+CSQ"} 2"#,
                #"at_command_duration_seconds_sum{command="AT+COPS"} 181"#,
                #"at_command_duration_seconds_count{command="AT+COPS"} 2"#,
            ])
    }

    @Test func modemsComeAndGo() {
        let collector = Collector()
        func device() -> [String] { Scenario.samples(["device"], of: collector) }
        collector.receive(.sourceState(SourceState(stamp: Self.stamp(), isWorking: true, message: "")))
        #expect(device() == [#"devices_connected{device_type="modem"} 0"#])
        for event in [Self.change(.modemCame), Self.change(.modemCame), Self.change(.modemCame, modem: "N")] {
            collector.receive(event)
        }
        collector.receive(Self.change(.stoppedAnswering, .unresponsive))
        #expect(
            device() == [
                #"devices_connected{device_type="modem"} 2"#, #"device_up{device_type="modem",device="M"} 0"#,
                #"device_up{device_type="modem",device="N"} 1"#,
                #"device_errors_total{device_type="modem",error_type="unresponsive"} 1"#,
                #"device_operations_total{device_type="modem",operation="connect",status="success"} 3"#,
            ])
        collector.receive(Self.change(.answersAgain))
        collector.receive(Self.change(.modemWent, .unavailable, modem: "N"))
        collector.receive(Self.change(.portRefused, .sharingViolation, modem: "N"))
        #expect(
            device() == [
                #"devices_connected{device_type="modem"} 1"#, #"device_up{device_type="modem",device="M"} 1"#,
                #"device_up{device_type="modem",device="N"} 0"#,
                #"device_errors_total{device_type="modem",error_type="unavailable"} 1"#,
                #"device_errors_total{device_type="modem",error_type="unresponsive"} 1"#,
                #"device_errors_total{device_type="modem",error_type="sharing_violation"} 1"#,
                #"device_operations_total{device_type="modem",operation="connect",status="success"} 3"#,
                #"device_operations_total{device_type="modem",operation="connect",status="failed"} 1"#,
            ])
    }

    /// One state of a domain is 1; a modem that is gone is in none.
    @Test func registrations() {
        let collector = Collector()
        func modem() -> [String] { Scenario.samples(["modem_"], of: collector) }
        for event in [Self.change(.modemCame), Self.registration(.searching), Self.registration(.home)] {
            collector.receive(event)
        }
        collector.receive(Self.registration(.roaming, .cs))
        collector.receive(.simChanged(SIMChange(stamp: Self.stamp(), modem: "M", state: .ready)))
        #expect(
            modem() == [
                #"modem_registration{modem="M",domain="eps",state="home"} 1"#,
                #"modem_registration{modem="M",domain="cs",state="roaming"} 1"#, #"modem_sim_ready{modem="M"} 1"#,
            ])
        collector.receive(
            .signalMeasured(SignalMeasured(stamp: Self.stamp(), modem: "M", technology: .eutran, rsrp: -95, rsrq: -11)))
        #expect(modem().count == 5)
        collector.receive(Self.change(.modemWent, .unavailable))
        #expect(modem() == [#"modem_sim_ready{modem="M"} 0"#])
    }

    @Test func signals() {
        let signal = SignalMeasured(
            stamp: Self.stamp(), modem: "M", technology: .eutran, rssi: -69, rsrp: -102.5, rsrq: -12, sinr: 10)
        #expect(
            Scenario.samples("modem_", after: [.signalMeasured(signal)]) == [
                #"modem_signal_dbm{modem="M",measure="rssi",technology="eutran"} -69"#,
                #"modem_signal_dbm{modem="M",measure="rsrp",technology="eutran"} -102.5"#,
                #"modem_signal_quality_db{modem="M",measure="rsrq",technology="eutran"} -12"#,
                #"modem_signal_quality_db{modem="M",measure="sinr",technology="eutran"} 10"#,
            ])
    }

    // MARK: BIP

    private static func link(_ connection: UInt64) -> BIPLink {
        BIPLink(
            device: "R", interface: .pcsc, client: Scenario.client, session: 1, connection: connection, channel: 1)
    }

    private static func opened(_ connection: UInt64) -> ProbeEvent {
        .bipOpened(
            BIPChannelOpened(stamp: stamp(5), link: link(connection), bearer: .packet, transport: .tcpClient, port: 1))
    }

    private static func closed(_ connection: UInt64, _ reason: BIPCloseReason = .card) -> ProbeEvent {
        .bipClosed(
            BIPChannelClosed(
                stamp: stamp(4_000_000_000), link: link(connection), bearer: .packet,
                status: reason == .card ? .completed : .failed, reason: reason, sentBytes: 65, receivedBytes: 54))
    }

    /// A trigger counts when it is seen; legs when their session is over.
    @Test func triggers() {
        let trigger = ProbeEvent.triggerSeen(
            TriggerSeen(stamp: Self.stamp(), device: "R", interface: .pcsc, session: 1, trigger: .sms))
        let opened = ProbeEvent.bipOpened(
            BIPChannelOpened(
                stamp: Self.stamp(2_000_000_000), link: Self.link(1), bearer: .packet, transport: .tcpClient,
                sinceTriggerNanoseconds: 500_000_000))
        let events = [trigger, opened, trigger, Self.opened(2)]
        #expect(
            Scenario.samples("triggers_", after: events) == [#"triggers_sent_total{trigger_type="sms"} 2"#])
        #expect(
            Scenario.samples("ota_", after: events) == [
                "ota_por_duration_seconds_sum 0", "ota_por_duration_seconds_count 0",
            ])
    }

    /// A channel that was refused is an error.
    @Test func aTriggerWhoseChannelIsRefused() {
        let failed = ProbeEvent.bipFailed(
            BIPCommandFailed(
                stamp: Self.stamp(), link: Self.link(1), command: .openChannel, bearer: .packet, error: .noChannel,
                sinceTriggerNanoseconds: 500_000_000))
        #expect(
            Scenario.samples("bip_", after: [failed]) == [
                #"bip_errors_total{error_type="no_channel",bearer_type="packet"} 1"#
            ])
    }

    @Test func channels() {
        let events: [ProbeEvent] = [
            Self.opened(1), Self.opened(1), Self.opened(2),
            .bipData(
                BIPDataMoved(stamp: Self.stamp(), link: Self.link(1), bearer: .packet, direction: .sent, bytes: 65)),
            .bipData(
                BIPDataMoved(stamp: Self.stamp(), link: Self.link(1), bearer: .packet, direction: .received, bytes: 54)),
            Self.closed(1), Self.closed(1), Self.opened(3), Self.closed(3, .dropped),
            .bipFailed(
                BIPCommandFailed(
                    stamp: Self.stamp(), link: Self.link(4), command: .openChannel, bearer: .packet, error: .noChannel)),
        ]
        #expect(
            Scenario.samples("bip_", after: events) == [
                #"bip_connections_active{bearer_type="packet"} 1"#,
                #"bip_bytes_transferred_total{direction="sent",bearer_type="packet"} 65"#,
                #"bip_bytes_transferred_total{direction="received",bearer_type="packet"} 54"#,
                #"bip_connection_duration_seconds_sum{bearer_type="packet",status="completed"} 8"#,
                #"bip_connection_duration_seconds_count{bearer_type="packet",status="completed"} 2"#,
                #"bip_connection_duration_seconds_sum{bearer_type="packet",status="failed"} 4"#,
                #"bip_connection_duration_seconds_count{bearer_type="packet",status="failed"} 1"#,
                #"bip_errors_total{error_type="no_channel",bearer_type="packet"} 1"#,
                #"bip_errors_total{error_type="link_dropped",bearer_type="packet"} 1"#,
            ])
    }
}
