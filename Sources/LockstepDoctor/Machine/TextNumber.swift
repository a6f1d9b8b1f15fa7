import Foundation

/// Numbers for readers.
enum TextNumber {
    /// Bytes in MiB or GiB.
    static func bytes(_ count: Int) -> String {
        count < 10 << 30 ? "\(count >> 20) MiB" : "\(count >> 30) GiB"
    }

    /// A number with at most three significant digits after it is below 100.
    static func short(_ value: Double) -> String {
        value >= 100 ? String(Int(value.rounded())) : String(format: "%.3g", value)
    }
}
