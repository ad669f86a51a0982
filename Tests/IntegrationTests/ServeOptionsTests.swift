import ArgumentParser
import Observability
import Testing

@testable import cardlink_probe

/// The options of `serve` are those of the key table.
struct ServeOptionsTests {
    @Test(arguments: ConfigKeys.table.rows)
    func everyKeyIsAnOption(_ row: SettingFacts) throws {
        let once = try ServeOptions.parse(["--\(row.option)", "a"])
        #expect(once.byPath == [row.path: ["a"]])
        let twice = try ServeOptions.parse(["--\(row.option)", "a", "--\(row.option)=b"])
        #expect(twice.byPath == [row.path: row.isList ? ["a", "b"] : ["b"]])
    }

    @Test func helpHasWhatTheTableSays() throws {
        let help = ServeOptions.helpMessage(columns: 1_000)
        for row in ConfigKeys.table.rows {
            #expect(help.contains("--\(row.option) <\(row.valueName)>"))
            #expect(help.contains(row.help))
        }
    }
}
