internal import Observability
internal import SwiftProtobuf

extension Cardlink_Otlp_Resource {
    /// A resource with these attributes.
    init(_ attributes: [Attribute]) {
        self.init()
        self.attributes = attributes.map(Cardlink_Otlp_KeyValue.init)
    }
}

extension Cardlink_Otlp_InstrumentationScope {
    /// The probe itself.
    init(version: String) {
        self.init()
        name = "cardlink-probe"
        self.version = version
    }
}

extension Cardlink_Otlp_KeyValue {
    /// An attribute.
    init(_ attribute: Attribute) {
        self.init()
        key = attribute.key
        value = Cardlink_Otlp_AnyValue(attribute.value)
    }
}

extension Cardlink_Otlp_AnyValue {
    /// What an attribute says.
    init(_ value: AttributeValue) {
        self.init()
        self.value =
            switch value {
            case .text(let text): .stringValue(text)
            case .flag(let flag): .boolValue(flag)
            case .integer(let integer): .intValue(integer)
            case .number(let number): .doubleValue(number)
            case .texts(let texts): Self.list(texts.map(AttributeValue.text))
            case .flags(let flags): Self.list(flags.map(AttributeValue.flag))
            case .integers(let integers): Self.list(integers.map(AttributeValue.integer))
            case .numbers(let numbers): Self.list(numbers.map(AttributeValue.number))
            }
    }

    private static func list(_ values: [AttributeValue]) -> OneOf_Value {
        .arrayValue(.with { $0.values = values.map(Cardlink_Otlp_AnyValue.init) })
    }
}
