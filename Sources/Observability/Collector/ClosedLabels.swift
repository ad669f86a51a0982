public import ProbeEvents
public import PrometheusClient
public import SmartCard

// The vocabularies as labels: their dense numbers are the indices of cells.

extension ClosedVocabulary where Self: ClosedLabel {
    /// The names, in the order of the raw values.
    public static var labelValues: [String] { allCases.map(\.name) }
    /// The raw value.
    public var labelIndex: Int { Int(rawValue) }
    /// The name.
    public var labelText: String { name }
}

extension APDUInterface: ClosedLabel {}
extension ADBOperation: ClosedLabel {}
extension ATCommandName: ClosedLabel {}
extension AssertionResult: ClosedLabel {}
extension BIPErrorType: ClosedLabel {}
extension BearerType: ClosedLabel {}
extension CipherSuite: ClosedLabel {}
extension ContactEvent: ClosedLabel {}
extension DatabaseErrorType: ClosedLabel {}
extension DatabaseOperation: ClosedLabel {}
extension DatabaseStatus: ClosedLabel {}
extension DeviceErrorType: ClosedLabel {}
extension DeviceOperation: ClosedLabel {}
extension DeviceType: ClosedLabel {}
extension DropReason: ClosedLabel {}
extension ESIMDownload.Ending: ClosedLabel {}
extension ESIMFunction: ClosedLabel {}
extension ESIMResult: ClosedLabel {}
extension ExportFailureReason: ClosedLabel {}
extension ExporterName: ClosedLabel {}
extension FlightFileResult: ClosedLabel {}
extension HandshakeResult: ClosedLabel {}
extension OTALeg: ClosedLabel {}
extension OTAReceipt: ClosedLabel {}
extension OperationStatus: ClosedLabel {}
extension RadioTechnology: ClosedLabel {}
extension RegistrationDomain: ClosedLabel {}
extension RegistrationState: ClosedLabel {}
extension SessionErrorType: ClosedLabel {}
extension SessionProtocol: ClosedLabel {}
extension SessionStatus: ClosedLabel {}
extension SessionType: ClosedLabel {}
extension SignalQualityMeasure: ClosedLabel {}
extension SignalStrengthMeasure: ClosedLabel {}
extension SourceKind: ClosedLabel {}
extension TLSErrorType: ClosedLabel {}
extension TestStatus: ClosedLabel {}
extension TransferDirection: ClosedLabel {}
extension TriesLeft: ClosedLabel {}
extension TriggerType: ClosedLabel {}
extension WaitReason: ClosedLabel {}

extension CommandName: ClosedLabel {
    /// The names of the command table.
    public static var labelValues: [String] { all.map(\.name) }
    /// The command's number.
    public var labelIndex: Int { index }
}

extension StatusWordLabel: ClosedLabel {
    /// The labels of the status word table.
    public static var labelValues: [String] { all.map(\.name) }
    /// The label's number.
    public var labelIndex: Int { index }
}

extension APDUErrorType: ClosedLabel {
    /// The names, in the order of the raw values.
    public static var labelValues: [String] { allCases.map(\.name) }
    /// The raw value.
    public var labelIndex: Int { Int(rawValue) }
}
