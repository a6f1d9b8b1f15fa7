import Foundation

/// The memory that the processes of this host can use in total.
package struct MachineMemory: Sendable, Equatable {
    /// The memory in bytes.
    package let byteCount: Double
    /// The source of the limit, to follow "of the 8.0 GB that": `this machine has`.
    package let holder: String

    package init(byteCount: Double, holder: String) {
        self.byteCount = byteCount
        self.holder = holder
    }

    /// The smallest of the machine's memory (swap included), its control group's limit, and the limit of
    /// `ulimit`.
    package static func limit() -> MachineMemory {
        [physical(), controlGroup(), resource(RLIMIT_AS, "-v"), resource(RLIMIT_DATA, "-d")].compactMap { $0 }
            .min { $0.byteCount < $1.byteCount }
            ?? MachineMemory(byteCount: .infinity, holder: "this machine has")
    }

    private static func physical() -> MachineMemory? {
        guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8) else { return nil }
        var kibibytes = 0.0
        for line in text.split(separator: "\n")
        where line.hasPrefix("MemTotal:") || line.hasPrefix("SwapTotal:") {
            kibibytes += Double(line.split(separator: " ").dropFirst().first ?? "") ?? 0
        }
        return kibibytes > 0 ? MachineMemory(byteCount: kibibytes * 1024, holder: "this machine has") : nil
    }

    private static func controlGroup() -> MachineMemory? {
        AvailableMemory.controlGroupLimit.map {
            MachineMemory(byteCount: Double($0), holder: "this control group (container) may use")
        }
    }

    private static func resource(_ kind: __rlimit_resource, _ option: String) -> MachineMemory? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(kind.rawValue), &limit) == 0, limit.rlim_cur != rlim_t.max else {
            return nil
        }
        return MachineMemory(byteCount: Double(limit.rlim_cur), holder: "ulimit \(option) allows")
    }

    /// A human-readable size: `28.8 GB`.
    package static func text(_ byteCount: Double) -> String {
        let units = ["bytes", "kB", "MB", "GB", "TB", "PB", "EB"]
        var (value, unit) = (byteCount, 0)
        while value >= 1000, unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
        let tenths = (value * 10).rounded()
        guard tenths < 1e15 else { return "\(value) \(units[unit])" }
        return unit == 0 ? "\(Int(value)) bytes" : "\(Int(tenths) / 10).\(Int(tenths) % 10) \(units[unit])"
    }
}
