import Foundation

/// Human-readable numbers.
enum TextNumber {
    /// Bytes in MiB or GiB.
    static func bytes(_ count: Int) -> String {
        count < 10 << 30 ? "\(count >> 20) MiB" : "\(count >> 30) GiB"
    }

    /// A number with three significant digits below 100, otherwise an integer.
    static func short(_ value: Double) -> String {
        value >= 100 ? String(Int(value.rounded())) : String(format: "%.3g", value)
    }
}
