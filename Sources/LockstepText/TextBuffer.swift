import CKernels

/// A buffer for lines of text, reused so that steady logging does not allocate.
package struct TextBuffer {
    package private(set) var bytes: [UInt8] = []

    package init() {
        bytes.reserveCapacity(1024)
    }

    package mutating func clear() {
        bytes.removeAll(keepingCapacity: true)
    }

    /// Truncates to `count` bytes.
    package mutating func cut(to count: Int) {
        if count < bytes.count { bytes.removeSubrange(count...) }
    }

    package mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    package mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    package mutating func append(_ text: borrowing TextBuffer) {
        bytes.append(contentsOf: text.bytes)
    }

    package mutating func append(byte: UInt8, count: Int = 1) {
        for _ in 0..<max(0, count) { bytes.append(byte) }
    }

    /// A whole number, with `,` between groups of three digits if asked for, and leading zeros up to `width`.
    package mutating func append(_ number: Int, grouped: Bool = false, width: Int = 1) {
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        var rest = number.magnitude
        let start = bytes.count
        var digits = 0
        repeat {
            if grouped, digits > 0, digits % 3 == 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
            digits += 1
        } while rest > 0 || digits < width
        // In place: reversing a slice would copy it to the heap.
        var (first, last) = (start, bytes.count - 1)
        while first < last {
            bytes.swapAt(first, last)
            first += 1
            last -= 1
        }
    }

    /// The shortest text that reads back as the same number.
    package mutating func append(exact number: Double) {
        append { lockstep_format_exact(number, $0) }
    }

    package mutating func append(_ number: Double, decimals: Int32) {
        append { lockstep_format_decimals(number, decimals, $0) }
    }

    package mutating func append(_ number: Double, digits: Int32) {
        append { lockstep_format_digits(number, digits, $0) }
    }

    /// A time as `m:ss` or `h:mm:ss`.
    package mutating func append(seconds: Double) {
        guard seconds.isFinite, seconds < 1e9 else { return append("-:--") }
        let whole = Int(max(0, seconds).rounded())
        if whole >= 3600 {
            append(whole / 3600)
            append(":")
        }
        append(whole % 3600 / 60, width: whole >= 3600 ? 2 : 1)
        append(":")
        append(whole % 60, width: 2)
    }

    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try bytes.withUnsafeBytes(body)
    }

    private mutating func append(_ format: (UnsafeMutablePointer<CChar>) -> Int32) {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(LOCKSTEP_NUMBER_TEXT)) { text in
            guard let start = text.baseAddress else { return }
            let count = Int(format(start))
            bytes.append(contentsOf: UnsafeRawBufferPointer(start: start, count: count))
        }
    }
}
