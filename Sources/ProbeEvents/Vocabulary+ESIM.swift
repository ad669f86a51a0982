public import SmartCard

// Values of labels that tell of eUICCs: the vocabularies of the decoder.

extension ESIMFunction: ClosedVocabulary {}
extension ESIMResult: ClosedVocabulary {}
extension BoundProfileCommand: ClosedVocabulary {}
extension ESIMCancelReason: ClosedVocabulary {}
extension ESIMDownload.Ending: ClosedVocabulary {}

/// What ended a profile's download.
public typealias ESIMDownloadResult = ESIMDownload.Ending
