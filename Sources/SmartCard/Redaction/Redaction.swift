/// Cuts the bytes of a command and its response that may not leave the place that saw them.
///
/// The answer depends on nothing but the bytes and the level, so that the C twin of the tap gives the same one.
/// A cut byte is written as `00`; lengths never change. The rules, in order:
///
/// **1. Response.** The last two bytes (the status word) are always kept. A response of fewer than two bytes is cut
/// whole. What follows speaks of the response *data*, the bytes before the status word.
///
/// **2. Form.** `n` is the length of the command.
/// - `n < 4`: every command byte and the response data are cut.
/// - malformed (``CommandAPDU/Form-swift.enum/malformed(_:)``), `n >= 4`: bytes 0..3 are kept, the rest and the
///   response data are cut. (A length that cannot be trusted may be a PIN digit.)
///
/// **3. Class.** Only these class bytes are *plain*: `00-03`, `40-4F` (ISO), `80-83`, `C0-DF` (UICC and
/// GlobalPlatform), `A0` (GSM), `FF` (reader). Every other class (secure messaging, chaining, reserved, proprietary)
/// is cut as in rule 7, at every level.
///
/// **4. What is kept at every level** (`P1` matters for `F2` alone):
///
/// | Class | INS | Action |
/// |---|---|---|
/// | `00-03`, `40-4F` | `A4` SELECT, `70` MANAGE CHANNEL | keep |
/// | `80-83`, `C0-DF` | `70` MANAGE CHANNEL; `F2` with P1 & F0 = 0: STATUS | keep |
/// | `80` | `10` TERMINAL PROFILE | keep |
/// | `80`, `A0` | `12` FETCH, `14` TERMINAL RESPONSE, `C2` ENVELOPE | walk, rule 8 |
/// | `A0` | `A4` SELECT, `F2` STATUS (any P1), `10` TERMINAL PROFILE | keep |
/// | `80-83`, `C0-DF` | `E2` STORE DATA with P1 & 7F = 11 | eUICC, rule 9 |
///
/// *Keep*: all bytes of command and response.
///
/// **5. What level ``Level/capture`` keeps besides:**
///
/// | Class | INS |
/// |---|---|
/// | `00-03`, `40-4F` | `04` `44` `A5` `D4` `E0` `E4` `E6` `E8` `FE` |
/// | `80-83`, `C0-DF` | `AA` `D4` `E0` `E4` `F0`; `F2` with P1 & F0 != 0 |
/// | `A0` | `04` `44` `FA` |
/// | `FF` | `CA` |
///
/// and, in every plain class but `FF`, GET RESPONSE (`C0`): the response data when it is the control parameters of a
/// file and nothing else (TS 102 221, 11.1.1.3), which SELECT over T=0 answers by it. That is: `62`, a length as in
/// *outer* of rule 8 that ends with the data, then one object or more up to the end: a tag of one byte (the first is
/// `82`, the others `80-8F`, `A0-AF` or `C6`), a length below `80` or `81` with one more byte, a value. Else rule 8
/// holds: it may carry what AUTHENTICATE computed.
///
/// **6. What level ``Level/captureFiles`` keeps besides** (the contents of files and data objects):
///
/// | Class | INS |
/// |---|---|
/// | `00-03`, `40-4F` | `0E` `0F` `A0` `A1` `A2` `B0-B3` `CA` `CB` `D0-D2` `D6` `D7` `DC` `DD` `E2` |
/// | `80-83`, `C0-DF` | `32` `CA` `CB` |
/// | `A0` | `32` `A2` `B0` `B2` `D6` `DC` |
///
/// **7. All else is cut at every level**: PINs, keys, authentication, blocks of storage cards (`FF B0`, `FF D6`: they may
/// be keys), unknown instructions. Of a *cut* command these bytes are kept: 0..3; byte 4, where there is one (P3: Lc, or
/// Le of a command without data); bytes 5 and 6 of the forms 3E and 4E (the extended Lc). Data, a trailing Le (it
/// is the last PIN digit when Lc is one too small) and the two Le bytes of form 2E are cut. So the form, Lc and the
/// length can still be read. The response data is cut.
///
/// **8. Walk.** Every byte outside the walked part is treated as in rule 7.
/// - FETCH: the response data, as *outer*. TERMINAL RESPONSE: the command data, as *inner*. ENVELOPE: the command data,
///   as *outer*.
/// - *Outer*, over `d[0..<e]`: `d[0]` must be `D0..DF`, else all is cut. `d[1]` is a length below `80`, or `81` with one
///   or `82` with two more bytes (big endian); any other first byte, or length bytes beyond `e`: all after `d[0]` is cut.
///   Tag and length bytes are kept. The contents, as far as they lie before `e`, are walked as *inner*; bytes behind
///   them are cut. (A length that runs past `e` is no fault by itself: what is there is walked.)
/// - *Inner*, over `d[i..<e]`, until `i == e`: the first byte `t`. `00`, `80`, `FF`: broken. `7F`: a tag of three bytes,
///   broken when fewer are left. Then a length: below `80`, or `81`, `82`, `83` with one, two, three more bytes (big
///   endian); any other first byte, or length bytes beyond `e`: broken. A value that runs past `e`: broken.
///   *Broken*: all from `i` to `e`, the tag too, is cut, and the walk ends.
///   Else tag and length bytes are kept. The value is kept when the tag has one byte and `t & 7F` is one of
///   `01 02 03 19 35 37 38 39 3C`, else cut. `i` moves behind the value.
/// - *Elements* are tag, length, value; one *names* a tag when it has both tag and length. A *packet head* is up to 16
///   bytes, up to 10 when the fourth has bit `04` (what follows is enciphered).
/// - The value of `0B` inside outer `D1` is a message `m` to the card. It is cut, unless it holds a secured packet: more
///   than 3 bytes, `m[0] & 43 == 40`, `m[1] <= 20`; with `c = 3 + (m[1] + 1) / 2`: `m[c] == 7F`, `m[c + 10]` is there, and
///   the `m[c + 10]` bytes behind it are there too, elements that end at `p`; one names tag `70`, or they are one that
///   tells of a later part: `00 03 r n k` or `08 04 r r n k` with `k > 1`. Then `0..<3`, `c..<c + 2`, `c + 9..<p` and, when
///   `70` is named, the packet head at `p` are kept, the rest is cut.
/// - The value of `0C` inside outer `D2` is a page `m` of a broadcast. It is cut, unless it has more than 6 bytes,
///   `m[2] == 10` and `m[3] & E0 == 80`. Then `0..<6` and, when `m[5] >> 4 <= 1`, the packet head at 6 are kept.
/// - The value of `0B` inside outer `D0` is a message `m` from the card. It is cut, unless it holds a *receipt*: more than 4
///   bytes, `m[0] & 43 == 41`, `m[2] <= 20`; with `c = 4 + (m[2] + 1) / 2` and `l = c + 2 + v`, where `v` is 0, 7, 1, 7 by
///   `m[0] >> 3 & 3`: `m[l + 1]` is there, and the `m[l + 1]` bytes behind it, elements that end at `p` of which one names
///   tag `71`; `p + 13` bytes are there and `m[p + 2] >= 10`. Then `0..<4`, `c..<c + 2` and `l..<p + 13` are kept.
/// - The response data of ENVELOPE, and of GET RESPONSE in every plain class but `FF`, is cut, unless it is a receipt `d`:
///   `d[0]` bytes follow `d[0]`, elements that end at `p` of which one names tag `71`; `p + 13` bytes are there,
///   `d[p + 2] >= 10`; and the length `d[p] d[p + 1]`, big endian, is that of all behind it and more than `d[p + 2]`.
///   Then `0..<p + 13` is kept.
///
/// **9. eUICC.** A STORE DATA with P1 & 7F = 11 may speak to an eUICC (GSMA SGP.22, 5.7.2). *Lengths* are below `80`, or
/// `81`, `82`, `83` with one, two, three more bytes (big endian). All but what is named here is cut as in rule 7.
/// - The command data is `t l rest`. `t` is `BF` and a byte of `20 21 22 28 29 2B 2D 2E 30-36 38 3C 3E 3F 41 43`, or one of
///   `86 87 88 A0-A3`; P2 is 00. With P1 = 91, `l` is the number of bytes in `rest` or, for `BF36`, `A1` and `A3`, not
///   less; with P1 = 11 it is more. Then `t l` is kept.
/// - The response data of it, and of GET RESPONSE in every plain class but `FF` that rules 5 and 8 keep nothing of, is
///   `t l v`. `t` is `BF` and a byte of those above but `36`, or `37`. `l` is the number of bytes in `v`; with SW1 = 61 it
///   is more. Then `t l` is kept, and of `v` what is met in the order in which it must come, up to the first thing that is
///   not: `T{...}` is an object of which tag and length are kept and which ends within the one around it, `T` without
///   braces one whose value is cut, `T=x` one whose value has one byte, which is kept; `.` says that the object around
///   ends with it. What lies behind the bytes that are there is not met.
///   - `BF29 BF30 BF31 BF32 BF33 BF34 BF3F`: `80=x.`
///   - `BF28 BF2B BF2D`: `A0{ BF2F | BF37 | 30 | E3, as often as they come }`, or `81=x.`
///   - `BF35`: `A0`, or `81=x.`
///   - `BF41`: `A0{ 30{ 80 81 82=x. } }`, or `81=x.`
///   - `BF21 BF38`: `A0`, or `A1{ 80 02=x. }.`
///   - `BF37`: `BF27{ 80 BF2F{ 80, of which one to four bytes of value are kept } 06 A2{ A0 | A1{ 80=x 81=x } } }`
///   - the others: nothing.
///
///   Level ``Level/captureFiles`` keeps besides the whole of `5A` when it is what comes first in `BF3E` and has 16 bytes,
///   or first in an `E3` and has 10.
///
/// **10. `cut`** is true when at least one position was cut, whatever byte stood there.
public enum Redaction {
    /// How much may be kept; each level includes those before it.
    public enum Level: UInt8, Comparable, Sendable, CaseIterable {
        /// What metrics, spans and BIP tracking need.
        case standard
        /// A capture was asked for: all but secrets and the contents of files.
        case capture
        /// A capture with the contents of files: all but secrets.
        case captureFiles

        /// The one that keeps less is the smaller.
        public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    /// The bytes that may be kept, as long as those given, whether any byte was cut, and how many.
    ///
    /// Of what was cut before it gives the same again.
    public static func kept(
        command: some Collection<UInt8>, response: some Collection<UInt8>, level: Level = .standard
    ) -> (command: [UInt8], response: [UInt8], cut: Bool, cutBytes: Int) {
        kept(command: Array(command), response: Array(response), level: level)
    }

    /// The same of arrays, which are not copied where nothing in them changes.
    public static func kept(
        command: [UInt8], response: [UInt8], level: Level = .standard
    ) -> (command: [UInt8], response: [UInt8], cut: Bool, cutBytes: Int) {
        var command = Blanked(command)
        var response = Blanked(response)
        let parsed = CommandAPDU(command.bytes)
        let action = action(parsed, level: level)
        cut(command: &command, parsed, action)
        cut(response: &response, of: action)
        return (
            command.bytes, response.bytes, command.cutBytes + response.cutBytes > 0,
            command.cutBytes + response.cutBytes
        )
    }

    /// Whether nothing of a command is cut, nor of a response to it that has a status word.
    public static func keepsWhole(_ command: CommandAPDU, level: Level = .standard) -> Bool {
        action(command, level: level) == .keep
    }

    /// What is done with one side of an exchange.
    enum Action: Hashable, Sendable {
        case keep, cut, walkFetch, walkTerminalResponse, walkEnvelope
        case walkStoreData(Level), getResponse(Level)
    }

    /// The rule that a command falls under, by its form, class, instruction and P1 alone.
    static func action(_ command: CommandAPDU, level: Level) -> Action {
        guard !command.isMalformed, isPlain(command.cla) else { return .cut }
        switch CommandLookup.shared.payload(cla: command.cla, ins: command.ins, p1: command.p1) {
        case .keep: return .keep
        case .parse: return walk(command, level)
        case .capture: return level >= .capture ? .keep : .cut
        case .file: return level >= .captureFiles ? .keep : .cut
        case .fileControl: return .getResponse(level)
        case .cut: return .cut
        }
    }

    /// True for a class byte without secure messaging and chaining, of a family whose commands are known.
    static func isPlain(_ cla: UInt8) -> Bool {
        switch cla {
        case 0x00...0x03, 0x40...0x4F, 0x80...0x83, 0xC0...0xDF, 0xA0, 0xFF: true
        default: false
        }
    }

    private static func walk(_ command: CommandAPDU, _ level: Level) -> Action {
        switch command.ins {
        case 0x12: .walkFetch
        case 0x14: .walkTerminalResponse
        case 0xC2: .walkEnvelope
        case 0xE2: ESIMBlock.isStoreData(command) ? .walkStoreData(level) : .cut
        default: .cut
        }
    }
}
