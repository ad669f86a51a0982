public import ProbeEvents
internal import PrometheusClient
public import SmartCard

// What a stage finds out about cards and contacts from many events; no single one tells it.

extension Collector {
    /// Counts a command that the card in a reader answered.
    public func recordReaderCommand(on reader: String) {
        catalog.readerCommands[Self.label(ofDevice: reader)].increment()
    }

    /// Counts what tells of bad contact.
    public func recordContactEvent(_ event: ContactEvent, on reader: String) {
        catalog.contactEvents[Self.label(ofDevice: reader), event].increment()
    }

    /// Sets how well a reader's contacts do: 1 is well, 0 is not at all.
    public func setContactQuality(_ ratio: Double, of reader: String) {
        catalog.contactQuality[Self.label(ofDevice: reader)].set(ratio)
    }

    /// Sets how much longer the card in a reader takes than usual, as a part of that; 0 is as usual.
    public func setCardSlowdown(_ ratio: Double, of command: CommandName, in reader: String) {
        catalog.cardSlowdown[Self.label(ofDevice: reader), command].set(ratio)
    }

    /// Sets the share of answers that the card in a reader usually does not give.
    public func setUnusualAnswers(_ ratio: Double, to command: CommandName, in reader: String) {
        catalog.cardUnusualAnswers[Self.label(ofDevice: reader), command].set(ratio)
    }

    /// Counts a card whose usual is remembered no more.
    public func recordForgottenCard() { health.cardsForgotten.increment() }

    /// Counts what became of the file that a fault is to have.
    public func recordFlightFile(_ result: FlightFileResult) { health.flightFiles[result].increment() }
}
