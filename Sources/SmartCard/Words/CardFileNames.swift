/// The names of files by their identifiers; none tells what a file holds.
///
/// TS 102 221, 13; TS 31.102, 4; TS 31.103, 4; TS 51.011, 10. To add a file, add a row to `rows`.
public struct CardFileNames: Sendable {
    struct Row: Sendable {
        let identifier: UInt16
        let name: String
        let directories: [CardDirectory]

        init(_ identifier: UInt16, _ name: String, _ directories: CardDirectory...) {
            (self.identifier, self.name, self.directories) = (identifier, name, directories)
        }
    }

    private static let byIdentifier = Dictionary(grouping: rows, by: \.identifier)

    /// The name of a file in a directory; where the directory is not known, the name that it has in all of them, if that
    /// is the same. Nil when no table has it.
    public static func name(of file: CardFile, in directory: CardDirectory?) -> String? {
        let known = byIdentifier[file.identifier] ?? []
        if file.identifier >> 8 == 0x2F { return known.first?.name }
        if let directory { return known.first { $0.directories.contains(directory) }?.name }
        let names = Set(known.map(\.name))
        return names.count == 1 ? names.first : nil
    }

    static let rows: [Row] = [
        // MF
        Row(0x2F00, "EF.DIR", .master), Row(0x2F05, "EF.PL", .master), Row(0x2F06, "EF.ARR", .master),
        Row(0x2F08, "EF.UMPC", .master), Row(0x2FE2, "EF.ICCID", .master),

        // ADF.USIM, DF.GSM, DF.TELECOM
        Row(0x6F05, "EF.LI", .usim), Row(0x6F05, "EF.LP", .gsm), Row(0x6F06, "EF.ARR", .usim, .isim, .telecom),
        Row(0x6F07, "EF.IMSI", .usim, .gsm), Row(0x6F08, "EF.Keys", .usim), Row(0x6F09, "EF.KeysPS", .usim),
        Row(0x6F20, "EF.Kc", .gsm), Row(0x6F2C, "EF.DCK", .usim, .gsm), Row(0x6F30, "EF.PLMNsel", .gsm),
        Row(0x6F31, "EF.HPPLMN", .usim, .gsm), Row(0x6F32, "EF.CNL", .usim, .gsm),
        Row(0x6F37, "EF.ACMmax", .usim, .gsm), Row(0x6F38, "EF.UST", .usim), Row(0x6F38, "EF.SST", .gsm),
        Row(0x6F39, "EF.ACM", .usim, .gsm), Row(0x6F3A, "EF.ADN", .telecom), Row(0x6F3B, "EF.FDN", .usim, .telecom),
        Row(0x6F3C, "EF.SMS", .usim, .telecom), Row(0x6F3E, "EF.GID1", .usim, .gsm),
        Row(0x6F3F, "EF.GID2", .usim, .gsm), Row(0x6F40, "EF.MSISDN", .usim, .telecom),
        Row(0x6F41, "EF.PUCT", .usim, .gsm), Row(0x6F42, "EF.SMSP", .usim, .telecom),
        Row(0x6F43, "EF.SMSS", .usim, .telecom), Row(0x6F44, "EF.LND", .telecom), Row(0x6F45, "EF.CBMI", .usim, .gsm),
        Row(0x6F46, "EF.SPN", .usim, .gsm), Row(0x6F47, "EF.SMSR", .usim, .telecom),
        Row(0x6F48, "EF.CBMID", .usim, .gsm), Row(0x6F49, "EF.SDN", .usim, .telecom), Row(0x6F4A, "EF.EXT1", .telecom),
        Row(0x6F4B, "EF.EXT2", .usim, .telecom), Row(0x6F4C, "EF.EXT3", .usim, .telecom),
        Row(0x6F4D, "EF.BDN", .usim, .telecom), Row(0x6F4E, "EF.EXT5", .usim), Row(0x6F4F, "EF.CCP2", .usim),
        Row(0x6F50, "EF.CBMIR", .usim, .gsm), Row(0x6F52, "EF.KcGPRS", .gsm), Row(0x6F53, "EF.LOCIGPRS", .gsm),
        Row(0x6F54, "EF.SUME", .telecom), Row(0x6F55, "EF.EXT4", .usim), Row(0x6F56, "EF.EST", .usim),
        Row(0x6F57, "EF.ACL", .usim), Row(0x6F58, "EF.CMI", .usim), Row(0x6F5B, "EF.START-HFN", .usim),
        Row(0x6F5C, "EF.THRESHOLD", .usim), Row(0x6F60, "EF.PLMNwAcT", .usim, .gsm),
        Row(0x6F61, "EF.OPLMNwAcT", .usim, .gsm), Row(0x6F62, "EF.HPLMNwAcT", .usim, .gsm),
        Row(0x6F73, "EF.PSLOCI", .usim), Row(0x6F74, "EF.BCCH", .gsm), Row(0x6F78, "EF.ACC", .usim, .gsm),
        Row(0x6F7B, "EF.FPLMN", .usim, .gsm), Row(0x6F7E, "EF.LOCI", .usim, .gsm), Row(0x6F80, "EF.ICI", .usim),
        Row(0x6F81, "EF.OCI", .usim), Row(0x6F82, "EF.ICT", .usim), Row(0x6F83, "EF.OCT", .usim),
        Row(0x6FAD, "EF.AD", .usim, .isim, .gsm), Row(0x6FAE, "EF.Phase", .gsm), Row(0x6FB7, "EF.ECC", .usim, .gsm),
        Row(0x6FC3, "EF.Hiddenkey", .usim), Row(0x6FC4, "EF.NETPAR", .usim), Row(0x6FC5, "EF.PNN", .usim, .gsm),
        Row(0x6FC6, "EF.OPL", .usim, .gsm), Row(0x6FC7, "EF.MBDN", .usim, .gsm), Row(0x6FC8, "EF.EXT6", .usim, .gsm),
        Row(0x6FC9, "EF.MBI", .usim, .gsm), Row(0x6FCA, "EF.MWIS", .usim, .gsm), Row(0x6FCB, "EF.CFIS", .usim, .gsm),
        Row(0x6FCC, "EF.EXT7", .usim, .gsm), Row(0x6FCD, "EF.SPDI", .usim, .gsm), Row(0x6FCE, "EF.MMSN", .usim, .gsm),
        Row(0x6FD9, "EF.EHPLMN", .usim), Row(0x6FDB, "EF.EHPLMNPI", .usim), Row(0x6FDC, "EF.LRPLMNSI", .usim),
        Row(0x6FDE, "EF.SPNI", .usim), Row(0x6FDF, "EF.PNNI", .usim), Row(0x6FE3, "EF.EPSLOCI", .usim),
        Row(0x6FE4, "EF.EPSNSC", .usim), Row(0x6FE8, "EF.NASCONFIG", .usim), Row(0x6FEC, "EF.PWS", .usim),

        // ADF.ISIM
        Row(0x6F02, "EF.IMPI", .isim), Row(0x6F03, "EF.DOMAIN", .isim), Row(0x6F04, "EF.IMPU", .isim),
        Row(0x6F07, "EF.IST", .isim), Row(0x6F09, "EF.P-CSCF", .isim), Row(0x6FE7, "EF.UICCIARI", .usim, .isim),

        // DF.PHONEBOOK, DF.GSM-ACCESS, DF.5GS
        Row(0x4F30, "EF.PBR", .phonebook), Row(0x4F20, "EF.Kc", .gsmAccess), Row(0x4F52, "EF.KcGPRS", .gsmAccess),
        Row(0x4F63, "EF.CPBCCH", .gsmAccess), Row(0x4F64, "EF.InvScan", .gsmAccess), Row(0x4F20, "EF.IMG", .graphics),
        Row(0x4F01, "EF.5GS3GPPLOCI", .fiveGS), Row(0x4F02, "EF.5GSN3GPPLOCI", .fiveGS),
        Row(0x4F03, "EF.5GS3GPPNSC", .fiveGS), Row(0x4F04, "EF.5GSN3GPPNSC", .fiveGS),
        Row(0x4F05, "EF.5GAUTHKEYS", .fiveGS), Row(0x4F06, "EF.UAC_AIC", .fiveGS),
        Row(0x4F07, "EF.SUCI_Calc_Info", .fiveGS), Row(0x4F08, "EF.OPL5G", .fiveGS),
        Row(0x4F09, "EF.SUPI_NAI", .fiveGS), Row(0x4F0A, "EF.Routing_Indicator", .fiveGS),
        Row(0x4F0B, "EF.URSP", .fiveGS), Row(0x4F0C, "EF.TN3GPPSNN", .fiveGS),
    ]
}
