extension Machine {
    /// The processor quota of this process from its control groups; nil without a limit.
    ///
    /// The smallest quota of the process's group and its parents, version 1 or 2. In a container the path may
    /// be the host's, so each parent folder is read, including the root (as `cores` in scripts/lib/common.sh
    /// does).
    package var processorQuota: Double? {
        let groups = text("/proc/self/cgroup") ?? "0::/"
        return groups.split(separator: "\n").flatMap(quotas).min()
    }

    /// The number of processors that this process may use within its quota, from which `scripts/launch`
    /// computes slots.
    package var grantedProcessors: Int {
        min(usableProcessors, processorQuota.map { max(1, Int(min($0, 1e6))) } ?? usableProcessors)
    }

    /// The quotas of a line of /proc/self/cgroup, `<number>:<controllers>:<path>`, in processors.
    private func quotas(_ line: Substring) -> [Double] {
        let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { return [] }
        let base = "/sys/fs/cgroup"
        let mounts: [String]
        if parts[1].isEmpty {
            mounts = [base, "\(base)/unified"]
        } else if parts[1].split(separator: ",").contains("cpu") {
            mounts = ["\(base)/\(parts[1])", "\(base)/cpu"]
        } else {
            return []
        }
        var results: [Double] = []
        var path = parts[2] == "/" ? "" : String(parts[2])
        while true {
            results += mounts.compactMap { quota(of: $0 + path) }
            guard let slash = path.lastIndex(of: "/") else { return results }
            path = String(path[..<slash])
        }
    }

    private func quota(of group: String) -> Double? {
        let numbers: [Double?]
        if let words = text("\(group)/cpu.max")?.split(separator: " "), words.count == 2 {
            numbers = words.map { Double($0) }
        } else {
            numbers = ["quota", "period"].map { text("\(group)/cpu.cfs_\($0)_us").flatMap { Double($0) } }
        }
        guard let time = numbers[0], let period = numbers[1], time >= 0, period > 0 else { return nil }
        return time / period
    }
}
