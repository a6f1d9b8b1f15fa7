/// Passes on the bytes of a text in pieces that end between two characters of UTF-8.
public struct UTF8Stream {
    private var waiting: [UInt8] = []
    private let replacesInvalidBytes: Bool

    /// A stream.
    /// - Parameter replacesInvalidBytes: whether bytes that are not UTF-8 become U+FFFD; otherwise they are
    ///   passed on.
    public init(replacesInvalidBytes: Bool) { self.replacesInvalidBytes = replacesInvalidBytes }

    /// The bytes that can be written now: all but the beginning of a character whose end is still missing.
    public mutating func push(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        waiting += bytes
        let count = waiting.count - Self.incomplete(waiting)
        defer { waiting.removeFirst(count) }
        return converted(waiting[..<count])
    }

    /// What is left at the end.
    public mutating func finish() -> [UInt8] {
        defer { waiting = [] }
        return converted(waiting[...])
    }

    private func converted(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        replacesInvalidBytes ? Array(String(decoding: bytes, as: UTF8.self).utf8) : Array(bytes)
    }

    /// The number of bytes at the end that begin a character and may be completed.
    private static func incomplete(_ bytes: [UInt8]) -> Int {
        for count in 1...3 where count <= bytes.count {
            let first = bytes[bytes.count - count]
            if first & 0xC0 == 0x80 { continue }
            let size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1
            guard size > count, first >= 0xC2, first <= 0xF4 else { return 0 }
            guard count > 1 else { return 1 }
            // The second byte decides whether the character is legal.
            let second = bytes[bytes.count - count + 1]
            let isLegal =
                switch first {
                case 0xE0: second >= 0xA0
                case 0xED: second < 0xA0
                case 0xF0: second >= 0x90
                case 0xF4: second < 0x90
                default: true
                }
            return isLegal ? count : 0
        }
        return 0
    }
}
