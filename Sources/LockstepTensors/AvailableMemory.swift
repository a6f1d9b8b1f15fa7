import Glibc

/// The memory that this process can still allocate, limited by the machine, its control groups, and its own
/// limits.
package enum AvailableMemory {
    /// The memory in bytes; nil if the system does not report it.
    package static var byteCount: Int? {
        [machine(root: ""), controlGroups(root: ""), addressSpace, data].compactMap { $0 }.min()
    }

    /// The kernel's estimate of the memory that is available without swapping.
    /// - Parameter root: the folder that contains /proc.
    package static func machine(root: String) -> Int? {
        guard let line = lines("\(root)/proc/meminfo").first(where: { $0.hasPrefix("MemAvailable:") })
        else { return nil }
        return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
    }

    /// The remaining memory of the control groups, version 1 or 2; page cache that has not been used recently
    /// counts as free.
    /// - Parameter root: the folder that contains /proc and /sys.
    package static func controlGroups(root: String) -> Int? { limits(root: root).map(\.left).min() }

    /// The smallest limit of the control groups, whatever memory is in use.
    package static var controlGroupLimit: Int? { limits(root: "").map(\.limit).min() }

    private static func limits(root: String) -> [(limit: Int, left: Int)] {
        lines("\(root)/proc/self/cgroup").flatMap { line -> [(limit: Int, left: Int)] in
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return [] }
            let isUnified = parts[1].isEmpty
            guard isUnified || parts[1].split(separator: ",").contains("memory") else { return [] }
            let base = "\(root)/sys/fs/cgroup" + (isUnified ? "" : "/memory")
            let names =
                isUnified
                ? ("memory.max", "memory.current", "inactive_file ")
                : ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file ")
            // A group's limit applies to its subgroups; in a container the path may be the host's.
            var path = parts[2] == "/" ? "" : String(parts[2])
            var results: [(limit: Int, left: Int)] = []
            while true {
                let folder = base + path
                if let limit = number("\(folder)/\(names.0)"), let used = number("\(folder)/\(names.1)") {
                    let idle = lines("\(folder)/memory.stat").first { $0.hasPrefix(names.2) }
                        .flatMap { Int($0.dropFirst(names.2.count)) }
                    results.append((limit, max(0, limit - used + (idle ?? 0))))
                }
                guard let slash = path.lastIndex(of: "/") else { break }
                path = String(path[..<slash])
            }
            return results
        }
    }

    /// The remaining address space of the process (`ulimit -v`); nil without a limit.
    package static var addressSpace: Int? { rest(of: RLIMIT_AS, used: "VmSize:") }

    /// The remaining memory that the process may write (`ulimit -d`); nil without a limit.
    package static var data: Int? { rest(of: RLIMIT_DATA, used: "VmData:") }

    private static func rest(of resource: __rlimit_resource, used field: String) -> Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0, limit.rlim_cur < rlim_t(Int.max)
        else { return nil }
        let line = lines("/proc/self/status").first { $0.hasPrefix(field) }
        let words = line?.split { $0 == " " || $0 == "\t" } ?? []
        let kibibytes = words.count > 1 ? Int(words[1]) ?? 0 : 0
        return max(0, Int(limit.rlim_cur) - kibibytes << 10)
    }

    private static func number(_ path: String) -> Int? { lines(path).first.flatMap { Int($0) } }

    private static func lines(_ path: String) -> [Substring] {
        guard let file = fopen(path, "re") else { return [] }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 14)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self).split(separator: "\n")
    }
}
