/// The type of an array's elements in NPY: `<f4`, `|S10`.
enum NPYElement {
    case number(RawArray.Element, isSwapped: Bool)
    case widened(WidenedElement, isSwapped: Bool)
    case text(FixedText)

    /// - Parameter description: byte order and type; nil for one that is not supported.
    init?(_ description: String) {
        let order = description.first ?? "?"
        guard "<>|=".contains(order) else { return nil }
        let type = description.dropFirst()
        if let kind = type.first, kind == "U" || kind == "S", let width = Int(type.dropFirst()),
            (0...1 << 24).contains(width)
        {
            self = .text(
                FixedText(width: width, unit: kind == "S" ? .byte : .utf32(isSwapped: order == ">")))
            return
        }
        if let element = WidenedElement(rawValue: String(type)) {
            self = .widened(element, isSwapped: order == ">")
            return
        }
        let element: RawArray.Element
        switch type {
        case "u1", "b1": element = .uint8
        case "i1": element = .int8
        case "i2": element = .int16
        case "i4": element = .int32
        case "i8": element = .int64
        case "f4": element = .float32
        case "f8": element = .float64
        default: return nil
        }
        self = .number(element, isSwapped: order == ">" && element.byteCount > 1)
    }

    /// The size of an element in bytes.
    var byteCount: Int {
        switch self {
        case .number(let element, _): element.byteCount
        case .widened(let element, _): element.stored.byteCount
        case .text(let text): text.byteCount
        }
    }
}
