internal import HTTPTypes
internal import Hummingbird

extension Request {
    /// What a page of a stranger is answered, which may neither read nor hold connections here; nil for anybody else.
    ///
    /// Browsers name where a request comes from (Fetch Metadata), and of one that wants to read from elsewhere its origin.
    /// Programs name neither.
    var crossOriginRefusal: Response? {
        let site = headers.value(of: "sec-fetch-site")
        let isOwn = site.map { $0 == "same-origin" || $0 == "none" } ?? isFromOwnOrigin
        return isOwn ? nil : .text(.forbidden, "pages of other sites are not answered")
    }

    private var isFromOwnOrigin: Bool {
        guard let origin = headers[.origin], let authority = head.authority else { return headers[.origin] == nil }
        return origin == "http://\(authority)" || origin == "https://\(authority)"
    }
}

extension HTTPFields {
    /// The value of a field for which the library has no name; the name in lower case.
    func value(of name: String) -> String? { first { $0.name.canonicalName == name }?.value }
}
