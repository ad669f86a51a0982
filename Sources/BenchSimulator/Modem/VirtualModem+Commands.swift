extension VirtualModem {
    /// Does one command of a line and gives its answer.
    mutating func perform(_ command: String) -> ModemReply {
        if let reply = toolkitCommand(command) { return reply }
        let name = Self.head(of: command)
        let rest = command.dropFirst(name.count)
        switch name {
        case "AT": return ModemReply()
        case _ where name.hasPrefix("AT+"):
            return performExtended(String(name.dropFirst(3)), rest, command)
        case _ where name.dropFirst(2).first?.isLetter == true || name.hasPrefix("AT&"): return performBasic(name)
        default: return ofMaker(command)
        }
    }

    /// What stands before `=` and `?`, in upper case.
    private static func head(of command: String) -> String {
        command.prefix { $0 != "=" && $0 != "?" }.uppercased()
    }

    private mutating func performBasic(_ name: String) -> ModemReply {
        switch name {
        case "ATE", "ATE0": setEcho(false)
        case "ATE1": setEcho(true)
        case "ATV", "ATV0": setVerbose(false)
        case "ATV1": setVerbose(true)
        case "ATI", "ATI0":
            return ModemReply(lines: [script.profile.maker, script.profile.model, script.profile.firmware])
        case "ATZ", "ATZ0", "AT&F", "AT&F0":
            setEcho(script.echoes)
            setVerbose(true)
            errorMode = 0
        case "ATH", "ATH0", "ATQ0", "ATX4", "ATO", "AT&C1", "AT&D2": break
        case _ where name.hasPrefix("ATS"): break
        // There is no network to call.
        case _ where name.hasPrefix("ATD"): return ModemReply(end: .result("NO CARRIER"))
        default: return .error
        }
        return ModemReply()
    }

    private mutating func performExtended(_ name: String, _ rest: Substring, _ command: String) -> ModemReply {
        let values = rest.hasPrefix("=") && rest != "=?" ? Self.values(rest.dropFirst()) : []
        if let reply = identity(name, rest) ?? network(name, rest, values) ?? message(name, rest, values) {
            return reply
        }
        return cardCommand(name, rest, values) ?? ofMaker(command)
    }

    static func values(_ text: Substring) -> [String] {
        text.split(separator: ",", omittingEmptySubsequences: false).map { value in
            String(value.drop { $0 == " " || $0 == "\"" }.reversed().drop { $0 == " " || $0 == "\"" }.reversed())
        }
    }

    // MARK: The equipment

    private mutating func identity(_ name: String, _ rest: Substring) -> ModemReply? {
        let known: Set = [
            "CGMI", "GMI", "CGMM", "GMM", "CGMR", "GMR", "CGSN", "GSN", "GCAP", "CMEE", "CFUN",
        ]
        if rest == "=?", known.contains(name) { return ModemReply() }
        switch name {
        case "CGMI", "GMI": return .line(script.profile.maker)
        case "CGMM", "GMM": return .line(script.profile.model)
        case "CGMR", "GMR": return .line(script.profile.firmware)
        case "CGSN", "GSN": return .line(script.imei)
        case "GCAP": return .line("+GCAP: +CGSM")
        case "CMEE":
            guard rest.hasPrefix("=") else { return .line("+CMEE: \(errorMode)") }
            guard let mode = Int(rest.dropFirst()), (0...2).contains(mode) else { return .error }
            errorMode = mode
            return ModemReply()
        case "CFUN":
            guard rest.hasPrefix("=") else { return .line("+CFUN: \(radioState)") }
            guard let state = Int(rest.dropFirst().prefix { $0 != "," }), (0...7).contains(state) else { return .error }
            radioState = state
            return ModemReply()
        default: return nil
        }
    }

    // MARK: The network

    private mutating func network(_ name: String, _ rest: Substring, _ values: [String]) -> ModemReply? {
        let network = script.network
        switch name {
        case "CSQ": return .line("+CSQ: \(network.state == 1 || network.state == 5 ? signalIndex : 99),99")
        case "CESQ":
            guard script.profile.hasExtendedSignal else { return .error }
            return .line("+CESQ: 99,99,255,255,\(2 * (network.rsrq + 20)),\(network.rsrp + 141)")
        case "CREG", "CGREG", "CEREG": return registration(name, rest, values)
        case "COPS":
            guard rest == "?" else { return ModemReply() }
            guard network.state == 1 || network.state == 5 else { return .line("+COPS: 0") }
            return .line("+COPS: 0,0,\"\(network.operatorName)\",\(network.accessTechnology)")
        case "CGATT": return rest == "?" ? .line("+CGATT: 1") : ModemReply()
        case "CGACT": return rest == "?" ? .line("+CGACT: 1,1") : ModemReply()
        case "CGDCONT": return rest == "?" ? .line("+CGDCONT: 1,\"IP\",\"internet\",\"\",0,0") : ModemReply()
        case "CGPADDR": return .line("+CGPADDR: 1,\"10.64.12.34\"")
        case "CGEREP": return ModemReply()
        default: return nil
        }
    }

    /// TS 27.007, 8.5: 0 is -113 dBm, 31 is -51.
    private var signalIndex: Int { min(31, max(0, (script.network.rssi + 113) / 2)) }

    private mutating func registration(_ name: String, _ rest: Substring, _ values: [String]) -> ModemReply {
        if rest == "=?" { return .line("+\(name): (0-2)") }
        guard rest == "?" else {
            guard let mode = values.first.flatMap({ Int($0) }), (0...5).contains(mode) else { return .error }
            registrationModes[name] = mode
            return ModemReply()
        }
        let mode = registrationModes[name] ?? 0
        let state = "+\(name): \(mode),\(script.network.state)"
        return .line(mode < 2 ? state : "\(state),\"00C3\",\"0345103\",\(script.network.accessTechnology)")
    }

    // MARK: Messages

    private mutating func message(_ name: String, _ rest: Substring, _ values: [String]) -> ModemReply? {
        switch name {
        case "CMGF":
            guard rest.hasPrefix("=") else { return .line("+CMGF: \(messageFormat)") }
            messageFormat = values.first == "1" ? 1 : 0
            return ModemReply()
        case "CMGS": return ModemReply(end: .prompt("+CMGS"))
        case "CMGW": return ModemReply(end: .prompt("+CMGW"))
        case "CSCA": return rest == "?" ? .line("+CSCA: \"+491710760000\",145") : ModemReply()
        case "CPMS":
            return rest == "?" ? .line("+CPMS: \"SM\",0,20,\"SM\",0,20,\"SM\",0,20") : .line("+CPMS: 0,20,0,20,0,20")
        case "CSCS":
            if rest == "=?" { return .line("+CSCS: (\"GSM\",\"IRA\",\"UCS2\")") }
            guard rest.hasPrefix("=") else { return .line("+CSCS: \"\(characterSet)\"") }
            characterSet = values.first ?? characterSet
            return ModemReply()
        case "CNMI", "CSMS", "CSMP", "CSDH", "CMGD", "CLIP", "CUSD", "CRC": return ModemReply()
        case "CMGL", "CMGR": return ModemReply()
        default: return nil
        }
    }

    // MARK: The card

    private mutating func cardCommand(_ name: String, _ rest: Substring, _ values: [String]) -> ModemReply? {
        let isNumber = "+\(name)" == script.profile.iccid
        guard isNumber || ["CIMI", "CPIN", "CSIM", "CRSM", "CCHO", "CCHC", "CGLA"].contains(name) else { return nil }
        if rest == "=?" { return ModemReply() }
        guard card != nil else { return ModemReply(end: .failed(10)) }
        if isNumber { return numberOfCard }
        switch name {
        case "CIMI":
            return card?.isLocked == true ? ModemReply(end: .failed(11)) : .line(script.card?.identity.imsi ?? "")
        case "CPIN": return pin(rest, values)
        case "CSIM": return card?.transmit(values, isOnChannel: false) ?? .error
        case "CRSM": return card?.access(values) ?? .error
        case "CCHO": return card?.openChannel(values) ?? .error
        case "CCHC": return card?.closeChannel(values) ?? .error
        default: return card?.transmit(values, isOnChannel: true) ?? .error
        }
    }

    private var numberOfCard: ModemReply {
        .line("\(script.profile.iccid): \(script.card?.identity.iccid ?? "")")
    }

    private mutating func pin(_ rest: Substring, _ values: [String]) -> ModemReply {
        guard rest.hasPrefix("=") else { return .line("+CPIN: \(card?.state ?? "READY")") }
        return card?.verify(values.first ?? "") ?? .error
    }

    // MARK: The maker's own

    private func ofMaker(_ command: String) -> ModemReply {
        let command = command.uppercased()
        if let lines = script.profile.answers[command] { return ModemReply(lines: lines.map(filled)) }
        if script.profile.iccid.hasPrefix("#"), command == "AT" + script.profile.iccid {
            return card == nil ? ModemReply(end: .failed(10)) : numberOfCard
        }
        return script.profile.settings.contains(where: command.hasPrefix) ? ModemReply() : .error
    }

    private func filled(_ line: String) -> String {
        let network = script.network
        return line.replacing("{rssi}", with: "\(network.rssi)").replacing("{rsrp}", with: "\(network.rsrp)")
            .replacing("{rsrq}", with: "\(network.rsrq)")
            .replacing("{imsi}", with: script.card?.identity.imsi ?? "")
    }
}
