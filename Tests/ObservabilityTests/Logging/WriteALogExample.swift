import Logging
import Observability

/// A program whose log is JSON lines; whatever Swift library it uses logs there too.
func logOneTest(to output: LoggingConfig.Output) {
    let log = LogSystem(LoggingConfig(level: .info, format: .json, output: output))
    log.bootstrap()
    defer { log.finish() }

    var logger = Logger(label: "tester.cards")
    logger[metadataKey: "reader"] = "ACS ACR39U"
    logger.info("card inserted", metadata: ["slot": .stringConvertible(0)])
    logger.debug("not told at this level")
}
