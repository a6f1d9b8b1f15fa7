/// A JSON value whose keys keep their order.
package enum JSONText {
    case number(Double)
    case integer(Int)
    case text(String)
    case truth(Bool)
    case list([JSONText])
    case object([(key: String, value: JSONText)])

    /// The value as JSON, indented by two spaces per level, with a newline at the end. Numbers that are not
    /// finite become `null`.
    package var pretty: String {
        var buffer = TextBuffer()
        write(into: &buffer, indentation: 0)
        buffer.append("\n")
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    /// The value on one line, with a newline at the end.
    package var line: String {
        var buffer = TextBuffer()
        writeCompact(into: &buffer)
        buffer.append("\n")
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    private func writeCompact(into buffer: inout TextBuffer) {
        switch self {
        case .list(let values):
            buffer.append("[")
            for (index, value) in values.enumerated() {
                if index > 0 { buffer.append(",") }
                value.writeCompact(into: &buffer)
            }
            buffer.append("]")
        case .object(let entries):
            buffer.append("{")
            for (index, entry) in entries.enumerated() {
                if index > 0 { buffer.append(",") }
                Self.write(entry.key, into: &buffer)
                buffer.append(":")
                entry.value.writeCompact(into: &buffer)
            }
            buffer.append("}")
        default: write(into: &buffer, indentation: 0)
        }
    }

    private func write(into buffer: inout TextBuffer, indentation: Int) {
        switch self {
        case .number(let number):
            number.isFinite ? buffer.append(exact: number) : buffer.append("null" as StaticString)
        case .integer(let number): buffer.append(number)
        case .text(let text): Self.write(text, into: &buffer)
        case .truth(let truth): buffer.append(truth ? "true" : "false" as StaticString)
        case .list(let values) where values.isEmpty: buffer.append("[]")
        case .list(let values):
            buffer.append("[\n")
            for (index, value) in values.enumerated() {
                buffer.append(byte: UInt8(ascii: " "), count: indentation + 2)
                value.write(into: &buffer, indentation: indentation + 2)
                buffer.append(index + 1 < values.count ? ",\n" : "\n")
            }
            buffer.append(byte: UInt8(ascii: " "), count: indentation)
            buffer.append("]")
        case .object(let entries) where entries.isEmpty: buffer.append("{}")
        case .object(let entries):
            buffer.append("{\n")
            for (index, entry) in entries.enumerated() {
                buffer.append(byte: UInt8(ascii: " "), count: indentation + 2)
                Self.write(entry.key, into: &buffer)
                buffer.append(": ")
                entry.value.write(into: &buffer, indentation: indentation + 2)
                buffer.append(index + 1 < entries.count ? ",\n" : "\n")
            }
            buffer.append(byte: UInt8(ascii: " "), count: indentation)
            buffer.append("}")
        }
    }

    private static func write(_ text: String, into buffer: inout TextBuffer) {
        buffer.append("\"")
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): buffer.append("\\\"")
            case UInt8(ascii: "\\"): buffer.append("\\\\")
            case UInt8(ascii: "\n"): buffer.append("\\n")
            case UInt8(ascii: "\t"): buffer.append("\\t")
            case ..<0x20:
                buffer.append("\\u00")
                buffer.append(byte: byte < 0x10 ? UInt8(ascii: "0") : UInt8(ascii: "1"))
                let digit = byte & 15
                buffer.append(byte: digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            default: buffer.append(byte: byte)
            }
        }
        buffer.append("\"")
    }
}
