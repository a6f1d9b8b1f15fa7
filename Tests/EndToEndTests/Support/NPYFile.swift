import Foundation

/// Arrays in NumPy's format, for tests.
enum NPYFile {
    /// The types of numbers that tests write.
    enum Element: String, CaseIterable, Sendable {
        case uint8 = "|u1"
        case int64 = "<i8"
        case float32 = "<f4"
        case float64 = "<f8"
    }

    /// An array of a shape whose numbers, in order, are `value(0)`, `value(1)`, ...
    static func data(_ element: Element, shape: [Int], _ value: (Int) -> Double) -> Data {
        let extents = shape.map { "\($0)," }.joined(separator: " ")
        var header = "{'descr': '\(element.rawValue)', 'fortran_order': False, 'shape': (\(extents)), }"
        header += String(repeating: " ", count: (64 - (header.count + 11) % 64) % 64) + "\n"
        var data = Data(
            [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.count & 255), UInt8(header.count >> 8)])
        data += Data(header.utf8)
        for index in 0..<shape.reduce(1, *) {
            let number = value(index)
            switch element {
            case .uint8: data.append(UInt8(number))
            case .int64: withUnsafeBytes(of: Int64(number)) { data.append(contentsOf: $0) }
            case .float32: withUnsafeBytes(of: Float(number)) { data.append(contentsOf: $0) }
            case .float64: withUnsafeBytes(of: number) { data.append(contentsOf: $0) }
            }
        }
        return data
    }
}
