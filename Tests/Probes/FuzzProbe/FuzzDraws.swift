/// The random numbers of one case, determined by the seed, the target and the case's number (SplitMix64).
struct FuzzDraws {
    private var state: UInt64

    init(seed: UInt64, target: String, number: Int) {
        state = seed &* 0x9E37_79B9_7F4A_7C15
        for byte in target.utf8 { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        state ^= UInt64(truncatingIfNeeded: number) &* 0xD134_2543_DE82_EF95
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A number in 0 ..< count.
    mutating func below(_ count: Int) -> Int { Int(next() % UInt64(max(1, count))) }

    mutating func percent(_ chance: Int) -> Bool { below(100) < chance }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    /// Mostly small, sometimes large.
    mutating func count(upTo most: Int) -> Int { 1 + below(1 + below(1 + below(most))) }
}
