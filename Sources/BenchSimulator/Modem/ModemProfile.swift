/// A kind of modem: what it calls itself, and the commands of its maker.
package struct ModemProfile: Sendable, Equatable {
    package var name: String
    package var maker: String
    package var model: String
    package var firmware: String
    /// The prefix of the command for the card's number: `+QCCID`.
    package var iccid: String
    /// Commands of the maker's own and the lines before their OK; what is in braces is filled in.
    package var answers: [String: [String]] = [:]
    /// Beginnings of commands that set something and are answered by OK.
    package var settings: [String] = []
    /// How a program is the card's terminal.
    package var toolkit: ModemToolkit
    /// Whether it has +CESQ.
    package var hasExtendedSignal = true

    /// The kinds that can be had; the first is the usual one.
    package static let table: [ModemProfile] = [
        ModemProfile(
            name: "quectel-ec25", maker: "Quectel", model: "EC25", firmware: "EC25EFAR06A11M4G", iccid: "+QCCID",
            answers: [
                "AT+QCSQ": ["+QCSQ: \"LTE\",{rssi},{rsrp},150,{rsrq}"], "AT+QGDCNT?": ["+QGDCNT: 1024,4096"],
                "AT+QTEMP": ["+QTEMP: 31,28,27"], "AT+QSTK?": ["+QSTK: 1,0"],
            ],
            settings: ["AT+QSTK=", "AT+QSTKRSP=", "AT+QURCCFG=", "AT+QCFG="],
            toolkit: ModemToolkit(asks: "+QSTKURC: {type}", ends: nil, answering: "AT+QSTKRSP=", .type(radix: 10))),
        ModemProfile(
            name: "cinterion-pls8", maker: "Cinterion", model: "PLS8-E", firmware: "REVISION 04.011", iccid: "+CCID",
            answers: ["AT^SMONI": ["^SMONI: 4G,6300,20,10,10,FDD,262,02,BF75,0345103,350,33,{rsrp},{rsrq},NOCONN"]],
            settings: ["AT^SSTA=", "AT^SCFG=", "AT^SSTR="],
            toolkit: ModemToolkit(
                asks: "^SSTK: \"{hex}\",{bytes},\"00\"", ends: nil, answering: "AT^SSTR=", .type(radix: 10),
                tellsAnswer: "^SSTK: \"{hex}\",{bytes},\"01\"")),
        ModemProfile(
            name: "telit-le910", maker: "Telit", model: "LE910C1-EU", firmware: "25.20.226", iccid: "#CCID",
            answers: [
                "AT#RFSTS": ["#RFSTS: \"262 01\",1300,{rsrp},{rssi},{rsrq},2242,,128,3,1,0B5D121,\"{imsi}\",\"\",3,3"],
                "AT#GDATAVOL=2": ["#GDATAVOL: 1,5120,1024,4096"], "AT#TEMPMON=1": ["#TEMPMEAS: 0,29"],
            ],
            settings: ["AT#STIA=", "AT#STSR="],
            toolkit: ModemToolkit(asks: "#STN: {type}", ends: "#STN: 254", answering: "AT#STSR=", .type(radix: 10))),
        ModemProfile(
            name: "sierra-em7455", maker: "Sierra Wireless, Incorporated", model: "EM7455",
            firmware: "SWI9X30C_02.33.03.00", iccid: "+ICCID",
            answers: [
                "AT!GSTATUS?": [
                    "!GSTATUS:", "Current Time:  1234             Temperature: 28", "System mode:   LTE",
                    "PCC RxM RSSI:  {rssi}              RSRP (dBm):  {rsrp}", "RSRQ (dB):     {rsrq}.0",
                    "SINR (dB):     10.0",
                ]
            ], settings: ["AT!STK"],
            toolkit: ModemToolkit(asks: "!STKC: {TYPE}", ends: "!STKC: 81", answering: "AT!STKCR=", .type(radix: 16)),
            hasExtendedSignal: false),
        ModemProfile(
            name: "simcom-sim7600", maker: "SIMCOM INCORPORATED", model: "SIMCOM_SIM7600E-H",
            firmware: "LE20B04SIM7600M22", iccid: "+CICCID",
            answers: [
                "AT+CPSI?": [
                    "+CPSI: LTE,Online,262-01,0x333C,27613442,64,EUTRAN-BAND3,1300,5,5,{rsrq}0,{rsrp}0,{rssi}0,15"
                ], "AT+CPMUTEMP": ["+CPMUTEMP: 30"],
            ],
            settings: ["AT+STK=", "AT+STKFMT=", "AT+STGR="],
            toolkit: ModemToolkit(asks: "+STIN: {TYPE}", ends: "+STIN: 81", answering: "AT+STGR=", .type(radix: 16))),
        ModemProfile(
            name: "ublox-sara-u2", maker: "u-blox", model: "SARA-U201", firmware: "23.60", iccid: "+CCID",
            answers: ["AT+UGCNTRD": ["+UGCNTRD: 1,100,200,1024,4096"]], settings: ["AT+STKTR=", "AT+STKENV="],
            toolkit: ModemToolkit(
                asks: "+STKPRO: {type}", ends: nil, answering: "AT+STKTR=", .type(radix: 10), enveloping: "AT+STKENV="),
            hasExtendedSignal: false),
        ModemProfile(
            name: "mediatek", maker: "MTK", model: "M660", firmware: "MOLY.LR9", iccid: "+ICCID",
            settings: ["AT+STKTR=", "AT+STKENV="],
            toolkit: ModemToolkit(
                asks: "+STKPCI: 0,\"{hex}\"", ends: "+STKPCI: 2", answering: "AT+STKTR=", enveloping: "AT+STKENV=")),
        ModemProfile(
            name: "unisoc", maker: "Unisoc", model: "UIS8910", firmware: "8910_MODULE", iccid: "+CCID",
            settings: ["AT+SPUSATTERMINAL="],
            toolkit: ModemToolkit(
                asks: "+SPUSATPROCMDIND:\"{hex}\"", ends: "+SPUSATENDSESSIONIND", answering: "AT+SPUSATTERMINAL=")),
        ModemProfile(
            name: "generic", maker: "CardLink", model: "Virtual modem", firmware: "1", iccid: "+CCID",
            settings: ["AT+CUSATW=", "AT+CUSATD=", "AT+CUSATA=", "AT+CUSATT=", "AT+CUSATE="],
            toolkit: ModemToolkit(
                asks: "+CUSATP: \"{hex}\"", ends: "+CUSATEND", answering: "AT+CUSATT=", enveloping: "AT+CUSATE=")),
    ]
}
