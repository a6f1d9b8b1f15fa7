/// Changes of bytes that readers may mishandle: extreme numbers; parts that are missing, repeated, or in the wrong place.
enum ByteMutation {
    private static let words: [UInt64] = [
        0, 1, 2, 3, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0xFFFF, 0x1_0000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF,
        0x1_0000_0000, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0xFFFF_FFFF_FFFF_FFFF,
    ]
    private static let texts = [
        "", "0", "-1", "9223372036854775807", "9223372036854775808", "18446744073709551616", "1e308", "1e400",
        "1e-320", "0.5", "nan", "inf", "null", "true", "[]", "{}", "\"", "\\u0000", "\u{1B}[2J", "\r\n", "\n",
        "\t", ",", ";",
        ":", "{", "}", "[", "]", "é", "\u{FEFF}", "../../../etc/passwd",
    ]

    static func apply(to bytes: inout [UInt8], _ draws: inout FuzzDraws) {
        for _ in 0..<draws.count(upTo: 5) { once(&bytes, &draws) }
    }

    private static func once(_ bytes: inout [UInt8], _ draws: inout FuzzDraws) {
        let place = draws.below(bytes.count + 1)
        let length = min(bytes.count - place, draws.count(upTo: 64))
        switch draws.below(10) {
        case 0: bytes.removeSubrange(place..<place + length)
        case 1: bytes.insert(contentsOf: bytes[place..<place + length], at: place)
        case 2: bytes.removeLast(bytes.count - place)
        case 3: bytes.replaceSubrange(place..<place + length, with: Array(draws.pick(texts).utf8))
        case 4: bytes.insert(contentsOf: Array(draws.pick(texts).utf8), at: place)
        case 5: number(in: &bytes, &draws)
        case 6:
            bytes.insert(
                contentsOf: (0..<draws.count(upTo: 40)).map { _ in UInt8(draws.below(256)) }, at: place)
        case 7, 8: word(in: &bytes, at: place, &draws)
        default:
            guard place < bytes.count else { return }
            bytes[place] ^= 1 << UInt8(draws.below(8))
        }
    }

    /// Writes a number of 1 to 8 bytes in either byte order, more often near the start, where headers are.
    private static func word(in bytes: inout [UInt8], at anywhere: Int, _ draws: inout FuzzDraws) {
        let size = draws.pick([1, 2, 4, 8])
        guard bytes.count >= size else { return }
        let place = min(draws.percent(60) ? draws.below(min(bytes.count, 32)) : anywhere, bytes.count - size)
        let value = draws.pick(words)
        let isLittle = draws.percent(50)
        for index in 0..<size {
            bytes[place + index] = UInt8(
                truncatingIfNeeded: value >> UInt64(8 * (isLittle ? index : size - 1 - index)))
        }
    }

    /// Replaces a number that is written in digits.
    private static func number(in bytes: inout [UInt8], _ draws: inout FuzzDraws) {
        let digits = bytes.indices.filter { (0x30...0x39).contains(bytes[$0]) }
        guard !digits.isEmpty else { return }
        let first = draws.pick(digits)
        var end = first
        while end < bytes.count, (0x30...0x39).contains(bytes[end]) { end += 1 }
        bytes.replaceSubrange(first..<end, with: Array(draws.pick(texts).utf8))
    }
}
