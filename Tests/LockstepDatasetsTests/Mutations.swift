import Foundation
import Testing

/// Seeded changes of a file's bytes: flipped bits, extreme numbers, parts removed, repeated or overwritten.
struct Mutations {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    private mutating func below(_ count: Int) -> Int {
        // SplitMix64.
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((z ^ (z >> 31)) % UInt64(max(1, count)))
    }

    /// A changed copy.
    mutating func changed(_ bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        for _ in 0...below(4) where !result.isEmpty {
            // More often near the start, where headers are.
            let place = below(2) == 0 ? below(min(result.count, 64)) : below(result.count)
            let length = min(result.count - place, 1 + below(1 + below(64)))
            switch below(7) {
            case 0: result[place] ^= 1 << UInt8(below(8))
            case 1: result[place] = [0, 1, 0x7F, 0x80, 0xFE, 0xFF][below(6)]
            case 2:
                let value =
                    [[0xFF, 0xFF], [0, 0], [0x7F, 0xFF], [0, 1], [0xFF, 0x7F]][below(5)] as [UInt8]
                for index in 0..<min(length, 4) { result[place + index] = value[index % 2] }
            case 3: result.removeSubrange(place..<place + length)
            case 4: result.insert(contentsOf: result[place..<place + length], at: below(result.count))
            case 5: result.removeLast(result.count - place)
            default: for index in place..<place + length { result[index] = UInt8(below(256)) }
            }
        }
        return result
    }

    /// Requires that the process has never taken more than 1 GiB, and that some work ends within a minute.
    static func bounded(_ work: () throws -> Void) rethrows {
        let begin = Date()
        try work()
        #expect(Date().timeIntervalSince(begin) < 60)
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let peak = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") }?.split(
            whereSeparator: \.isWhitespace)
        #expect(Int(peak?[1] ?? "") ?? .max < 1 << 20, "KiB at most: \(peak ?? [])")
    }
}
