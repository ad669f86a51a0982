/// Numbers as bars of a character each.
enum Sparkline {
    private static let bars: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// The highest number is the whole bar; nothing at all is a blank.
    static func text(_ numbers: [Double]) -> String {
        let most = numbers.filter(\.isFinite).max() ?? 0
        return String(
            numbers.map { number in
                guard most > 0, number > 0, number.isFinite else { return " " }
                return bars[min(bars.count - 1, Int(number / most * Double(bars.count)))]
            })
    }
}
