/// Files of a control group that limit the processors of a job, for tests of what reads them.
public struct ProcessorQuota: Sendable, CustomStringConvertible {
    /// Content of /proc/self/cgroup.
    public let groups: String
    /// Other files, by their paths from the root.
    public let files: [String: String]
    /// Whole processors that the quota allows; nil without a limit that matters.
    public let processors: Int?

    public var description: String { "\(groups) \(files.values.sorted())" }

    /// Control groups of both versions, and of a container that sees its own group as the root.
    public static let cases = [
        ProcessorQuota("0::/job", ["job/cpu.max": "100000 100000"], 1),
        ProcessorQuota("0::/a/b", ["a/cpu.max": "150000 100000", "a/b/cpu.max": "max 100000"], 1),
        ProcessorQuota("0::/elsewhere", ["cpu.max": "50000 100000"], 1),
        ProcessorQuota("4:cpu,cpuacct:/job", version1(quota: 100_000), 1),
        ProcessorQuota("4:cpu,cpuacct:/job", version1(quota: -1), nil),
        ProcessorQuota("3:memory:/job\n0::/", ["cpu.max": "max 100000"], nil),
        ProcessorQuota("0::/", ["cpu.max": "99900000 100000"], nil),
    ]

    /// All files, by their paths from the root.
    public var allFiles: [String: String] {
        var all = ["proc/self/cgroup": groups + "\n"]
        for (name, text) in files { all["sys/fs/cgroup/" + name] = text + "\n" }
        return all
    }

    private init(_ groups: String, _ files: [String: String], _ processors: Int?) {
        self.groups = groups
        self.files = files
        self.processors = processors
    }

    private static func version1(quota: Int) -> [String: String] {
        ["cpu,cpuacct/job/cpu.cfs_quota_us": "\(quota)", "cpu,cpuacct/job/cpu.cfs_period_us": "100000"]
    }
}
