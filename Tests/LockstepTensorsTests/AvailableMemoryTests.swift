import Foundation
import LockstepTensors
import Testing

/// The available memory, from the kernel's files.
@Suite struct AvailableMemoryTests {
    private let root: String

    init() throws {
        root = FileManager.default.temporaryDirectory.appendingPathComponent("memory-\(UUID())").path
    }

    private func write(_ files: [String: String]) throws {
        for (name, text) in files {
            let path = URL(fileURLWithPath: "\(root)/\(name)")
            try FileManager.default.createDirectory(
                at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: path)
        }
    }

    @Test func ofThisMachine() throws {
        #expect(try #require(AvailableMemory.byteCount) > 1 << 20)
    }

    /// The process's own limits, less what it uses. (The limits are high enough for whatever runs meanwhile.)
    @Test(arguments: [RLIMIT_AS, RLIMIT_DATA]) func ofThisProcess(_ resource: __rlimit_resource) throws {
        func rest() -> Int? { resource == RLIMIT_AS ? AvailableMemory.addressSpace : AvailableMemory.data }
        let kind = __rlimit_resource_t(resource.rawValue)
        var before = rlimit()
        try #require(getrlimit(kind, &before) == 0)
        try #require(before.rlim_cur == rlim_t.max)
        #expect(rest() == nil)
        defer { setrlimit(kind, &before) }
        let text = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let field = resource == RLIMIT_AS ? "VmSize:" : "VmData:"
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(field) })
        let used = try #require(Int(line.dropFirst(field.count).filter(\.isNumber))) << 10
        var limit = rlimit(rlim_cur: rlim_t(used + 1 << 30), rlim_max: before.rlim_max)
        try #require(setrlimit(kind, &limit) == 0)
        let left = try #require(rest())
        #expect(abs(left - 1 << 30) < 1 << 28)
        #expect(try #require(AvailableMemory.byteCount) <= left + 1 << 28)
    }

    @Test func ofTheMachine() throws {
        defer { try? FileManager.default.removeItem(atPath: root) }
        try write(["proc/meminfo": "MemTotal:       100 kB\nMemFree: 1 kB\nMemAvailable:    60 kB\n"])
        #expect(AvailableMemory.machine(root: root) == 61_440)
        #expect(AvailableMemory.controlGroups(root: root) == nil)
    }

    /// The smallest of the group and those around it; a limit `max` is none.
    @Test func ofControlGroups() throws {
        defer { try? FileManager.default.removeItem(atPath: root) }
        try write([
            "proc/self/cgroup": "0::/jobs/mine\n", "sys/fs/cgroup/jobs/mine/memory.max": "max\n",
            "sys/fs/cgroup/jobs/mine/memory.current": "500\n", "sys/fs/cgroup/jobs/memory.max": "4000\n",
            "sys/fs/cgroup/jobs/memory.current": "3000\n",
            "sys/fs/cgroup/jobs/memory.stat": "anon 1\ninactive_file 700\nactive_file 9\n",
        ])
        #expect(AvailableMemory.controlGroups(root: root) == 1700)
        let old = "sys/fs/cgroup/memory/docker/1"
        try write([
            "proc/self/cgroup": "3:cpu,cpuacct:/a\n7:hugetlb,memory:/docker/1\n",
            "\(old)/memory.limit_in_bytes": "9000\n", "\(old)/memory.usage_in_bytes": "8500\n",
            "\(old)/memory.stat": "inactive_file 3\ntotal_inactive_file 40\n",
        ])
        #expect(AvailableMemory.controlGroups(root: root) == 540)
        // In a container its own group is the root, whatever the path says.
        try write([
            "proc/self/cgroup": "0::/elsewhere\n", "sys/fs/cgroup/memory.max": "10\n",
            "sys/fs/cgroup/memory.current": "20\n",
        ])
        #expect(AvailableMemory.controlGroups(root: root) == 0)
    }
}
