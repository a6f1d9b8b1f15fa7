import Foundation
import LockstepDoctor
import TestSupport
import Testing

/// Each check of lockstep doctor, on machines that are made up.
struct MachineCheckTests {
    private static let libraries = Machine.Libraries(
        lockstep: "1", mpi: "Open MPI v4.1.4", compute: "oneDNN 2.6.3", computeMatchesHeaders: true,
        instructions: "AVX-512", hasBFloat16: false)

    /// A machine on which all is well.
    private func machine(_ change: (inout Machine) -> Void = { _ in }) -> Machine {
        var machine = Machine(libraries: Self.libraries)
        machine.root = "/nowhere"
        machine.usableProcessors = 4
        machine.processors = 4
        machine.addresses = [.init(interface: "eth0", address: "10.0.0.1")]
        machine.volume = { _ in .init(size: 8 << 30, free: 4 << 30) }
        machine.firstLine = { program, _ in program == "mpirun" ? "mpirun (Open MPI) 4.1.4" : nil }
        change(&machine)
        return machine
    }

    /// Files below a separate root.
    private func files(_ contents: [String: String]) throws -> String {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("machine-\(UUID())")
        for (path, text) in contents {
            let file = root.appendingPathComponent(path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        return root.path
    }

    private func severities(_ check: some MachineCheck, _ machine: Machine) -> [Finding.Severity] {
        check.findings(on: machine).map(\.severity)
    }

    @Test func aGoodMachineHasNoFindingsButOK() {
        for check in HostReport.checks {
            let findings = check.findings(on: machine())
            #expect(!findings.isEmpty && findings.allSatisfy { $0.severity == .ok }, "\(findings)")
            #expect(findings.allSatisfy { $0.check == check.name })
        }
    }

    @Test(arguments: [
        (nil, "Open MPI v4.1.4", Finding.Severity.problem),
        ("HYDRA build details:", "Open MPI v4.1.4", .problem),
        ("mpirun (Open MPI) 5.0.11", "Open MPI v4.1.4", .warning),
        ("mpirun (Open MPI) 5.0.11", "Open MPI v5.0.11", .ok),
        ("mpirun (Open MPI) 3.1.3", "Open MPI v3.1.3", .warning),
        ("mpirun (Open MPI) 4.0.3", "Open MPI v4.0.3", .warning),
        ("mpirun (Open MPI) 4.1.4", "unknown", .problem),
    ]) func openMPI(_ line: String?, _ library: String, _ severity: Finding.Severity) {
        let machine = machine {
            $0.firstLine = { _, _ in line }
            $0.libraries.mpi = library
        }
        #expect(severities(OpenMPICheck(), machine) == [severity])
    }

    @Test func processors() throws {
        #expect(severities(ProcessorsCheck(), machine { $0.slots = 5 }) == [.warning])
        #expect(severities(ProcessorsCheck(), machine { $0.usableProcessors = 1 }) == [.warning])
        let limited = try files(["sys/fs/cgroup/cpu.max": "150000 100000\n"])
        let unlimited = try files(["sys/fs/cgroup/cpu.max": "max 100000\n"])
        #expect(severities(ProcessorsCheck(), machine { $0.root = limited }) == [.warning])
        #expect(severities(ProcessorsCheck(), machine { $0.root = unlimited }) == [.ok])
    }

    /// The same cases as those of `cores` in scripts/lib/common.sh.
    @Test(arguments: ProcessorQuota.cases) func quotasCount(_ quota: ProcessorQuota) throws {
        let expected = quota.processors ?? 4
        let root = try files(quota.allFiles)
        defer { try? FileManager.default.removeItem(atPath: root) }
        let here = machine { $0.root = root }
        #expect(here.grantedProcessors == expected)
        // One rank more than that shares a processor with another.
        for (slots, isShared) in [(expected, false), (expected + 1, true)] {
            let findings = ProcessorsCheck().findings(on: machine { ($0.root, $0.slots) = (root, slots) })
            #expect(findings.contains { $0.message.hasPrefix("\(slots) ranks share") } == isShared)
        }
        // Ranks are expected on those processors only.
        let environment = ["OMP_NUM_THREADS": "4"]
        let findings = ThreadsCheck().findings(
            on: machine { ($0.root, $0.slots, $0.environment) = (root, 1, environment) })
        #expect(findings.contains { $0.message.contains("exceeds \(expected) proc") } == (expected < 4))
    }

    @Test func binding() {
        #expect(
            severities(
                BindingCheck(), machine { $0.environment["OMPI_MCA_hwloc_base_binding_policy"] = "core" })
                == [.warning])
        #expect(
            severities(
                BindingCheck(), machine { $0.environment["OMPI_MCA_hwloc_base_binding_policy"] = "none" })
                == [.ok])
    }

    @Test func sharedMemory() {
        #expect(severities(SharedMemoryCheck(), machine { $0.volume = { _ in nil } }) == [.problem])
        #expect(
            severities(
                SharedMemoryCheck(), machine { $0.volume = { _ in .init(size: 1 << 30, free: 1 << 20) } })
                == [.problem])
        #expect(
            severities(
                SharedMemoryCheck(), machine { $0.volume = { _ in .init(size: 64 << 20, free: 64 << 20) } })
                == [.warning])
    }

    @Test func singleCopy() throws {
        let scope = try files(["proc/sys/kernel/yama/ptrace_scope": "1\n"])
        #expect(severities(SingleCopyCheck(), machine { $0.root = scope }) == [.warning])
        #expect(
            severities(SingleCopyCheck(), machine { $0.memoryOfOthers = { "Operation not permitted" } }) == [
                .warning
            ])
    }

    @Test func networks() throws {
        let slow = try files(["sys/class/net/eth0/speed": "100\n", "sys/class/net/eth0/mtu": "1500\n"])
        let finding = NetworkCheck().findings(on: machine { $0.root = slow })
        #expect(
            finding.map(\.severity) == [.warning]
                && finding[0].message == "eth0 10.0.0.1, MTU 1500, 100 Mbit/s")
        let two = machine { $0.addresses.append(.init(interface: "docker0", address: "172.17.0.1")) }
        #expect(severities(NetworkCheck(), two) == [.ok, .ok, .warning])
        var chosen = two
        chosen.environment["OMPI_MCA_btl_tcp_if_include"] = "eth0"
        #expect(severities(NetworkCheck(), chosen) == [.ok, .ok])
        chosen.environment["OMPI_MCA_btl_tcp_if_include"] = "eth7"
        #expect(severities(NetworkCheck(), chosen).contains(.problem))
    }

    @Test func threads() throws {
        func with(_ name: String, _ value: String) -> [Finding.Severity] {
            severities(ThreadsCheck(), machine { $0.environment[name] = value })
        }
        #expect(with("OMP_DYNAMIC", "TRUE") == [.problem])
        #expect(with("OMP_PROC_BIND", "close") == [.warning] && with("OMP_PROC_BIND", "false") == [.ok])
        #expect(with("OMP_NUM_THREADS", "2") == [.warning] && with("OMP_NUM_THREADS", "1") == [.ok])
        #expect(
            with("OMP_WAIT_POLICY", "active") == [.warning] && with("OMP_THREAD_LIMIT", "1") == [.warning])
        let busy = try files(["proc/loadavg": "3.10 1.00 0.50 2/300 999\n"])
        #expect(severities(ThreadsCheck(), machine { $0.root = busy }) == [.warning])
    }

    @Test func computeLibrary() {
        #expect(
            severities(ComputeLibraryCheck(), machine { $0.libraries.computeMatchesHeaders = false }) == [
                .problem, .ok,
            ])
        #expect(
            severities(ComputeLibraryCheck(), machine { $0.libraries.instructions = "SSE4.1" }) == [.warning])
        #expect(
            severities(ComputeLibraryCheck(), machine { $0.environment["ONEDNN_MAX_CPU_ISA"] = "AVX2" }) == [
                .ok, .warning,
            ])
        func precisions(_ bfloat16: Double) -> String? {
            let here = machine { $0.productRates = { .init(float32: 155e9, bfloat16: bfloat16) } }
            return ComputeLibraryCheck().findings(on: here).last?.message
        }
        #expect(precisions(82e9)?.hasSuffix("saves memory here, but no time") == true)
        #expect(precisions(300e9)?.hasSuffix("155 GFLOP/s in float32, 300 in bf16") == true)
    }

    @Test func runDirectory() throws {
        let folder = try files(["file": ""])
        let good = RunDirectoryCheck().findings(on: machine { $0.runDirectory = folder + "/runs/first" })
        #expect(good.map(\.severity) == [.ok], "\(good)")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder) == ["file"],
            "something was left behind")
        #expect(
            severities(RunDirectoryCheck(), machine { $0.runDirectory = folder + "/file/first" }) == [
                .problem
            ])
        #expect(severities(RunDirectoryCheck(), machine { $0.runDirectory = "/proc/first" }) == [.problem])
        let full = machine {
            $0.runDirectory = folder
            $0.volume = { _ in .init(size: 1 << 30, free: 1 << 20) }
        }
        #expect(severities(RunDirectoryCheck(), full) == [.ok, .warning])
    }

    @Test func everyWarningSaysWhatToDo() {
        let bad = machine {
            $0.slots = 99
            $0.volume = { _ in nil }
            $0.firstLine = { _, _ in nil }
            $0.memoryOfOthers = { "no" }
            $0.runDirectory = "/proc/x"
            $0.environment = [
                "OMP_DYNAMIC": "true", "PRTE_MCA_hwloc_default_binding_policy": "core",
                "ONEDNN_MAX_CPU_ISA": "AVX2",
            ]
            $0.libraries.computeMatchesHeaders = false
        }
        let report = DoctorReport([HostReport(checking: bad, host: "bad")])
        #expect(report.problems >= 4 && report.warnings >= 3, "\(report.text)")
        for finding in report.hosts[0].findings where finding.severity != .ok {
            #expect(finding.advice?.isEmpty == false, "\(finding)")
        }
    }
}
