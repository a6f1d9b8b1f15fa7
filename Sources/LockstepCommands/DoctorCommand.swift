import ArgumentParser
import Foundation
import LockstepCheckpoints
import LockstepDoctor
import LockstepExperiment
import LockstepProcess
import LockstepTraining

/// `lockstep doctor`: checks one machine, or all hosts of a run, before the run.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Checks this machine, or a list of hosts, before a run.",
        discussion: """
            Examples:

              lockstep doctor --run-dir runs/first
              lockstep doctor --hosts node1:4,node2:4 --run-dir /shared/runs/first
              lockstep doctor --hostfile hosts --json

            It looks at Open MPI, processors and binding, threads, /dev/shm, single copy (CMA), networks, oneDNN, and at locks and \
            fsync of the run directory; of several hosts also at their clocks, and whether versions agree and the run directory is \
            shared. Hosts are asked by ssh, all at the same time; each needs the same lockstep at the same path. ssh takes \
            LOCKSTEP_SSH_OPTIONS.

            It ends with status 0, or 1 when there are problems; warnings do not count.
            """)

    @Option(help: ArgumentHelp("Hosts with their slots: node1:4,node2:4.", valueName: "list"))
    var hosts: String?

    @Option(
        help: ArgumentHelp("Hosts in a file, one a line: node1 slots=4.", valueName: "file"),
        completion: .file())
    var hostfile: String?

    @Option(help: ArgumentHelp("The run directory, which need not exist.", valueName: "directory"))
    var runDir: String?

    @Option(help: ArgumentHelp("The number of ranks that are to run on this machine.", valueName: "n"))
    var slots: Int?

    @Option(help: ArgumentHelp("The port of the hosts' sshd.", valueName: "port"))
    var sshPort: Int?

    @Option(help: ArgumentHelp("The private key for ssh.", valueName: "file"), completion: .file())
    var identity: String?

    @Flag(help: "Print the report as JSON.")
    var json = false

    @Option(help: ArgumentHelp("Report as this host to the lockstep that asks.", visibility: .hidden))
    var forHost: String?

    @Option(help: ArgumentHelp("A file of the asking host's run directory.", visibility: .hidden))
    var marker: String?

    func validate() throws {
        if hosts != nil && hostfile != nil {
            throw ValidationError("give either --hosts or --hostfile, not both")
        }
        if let runDir { try HomePath.require(runDir, option: "--run-dir") }
        if let slots, slots < 1 { throw ValidationError("--slots must be at least 1; got \(slots)") }
        if let sshPort, !(1...65535).contains(sshPort) {
            throw ValidationError("--ssh-port must be in 1...65535; got \(sshPort)")
        }
        if let identity, !FileManager.default.isReadableFile(atPath: identity) {
            throw ValidationError("the key of --identity '\(identity)' cannot be read")
        }
    }

    func run() throws {
        if let forHost { return try answer(forHost) }
        let list: HostList?
        do {
            list = try hosts.map { try HostList(list: $0) } ?? hostfile.map { try HostList(file: $0) }
        } catch {
            ErrorReport.write("\(error)")
            throw ExitCode(2)
        }
        let machine = self.machine()
        let reports: [HostReport]
        if let list {
            let shell = RemoteShell(environment: machine.environment, port: sshPort, identity: identity)
            let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
            reports = HostInspection(shell: shell, program: program).reports(list, machine: machine) {
                name, slots in
                var here = machine
                here.slots = slots
                return HostReport(checking: here, host: name)
            }
        } else {
            reports = [HostReport(checking: machine, host: ProcessInfo.processInfo.hostName)]
        }
        let report = DoctorReport(reports)
        try ErrorReport.print(json ? try report.json() + "\n" : report.text)
        if report.problems > 0 { throw ExitCode.failure }
    }

    private func machine() -> Machine {
        var machine = Machine.here(lockstep: Versions.lockstep)
        machine.slots = slots
        machine.runDirectory = runDir.map { URL(fileURLWithPath: $0).standardizedFileURL.path }
        return machine
    }

    /// The answer to another host: the clock at once, then the report.
    private func answer(_ host: String) throws {
        let clock = HostInspection.clockWord + String(Date().timeIntervalSince1970) + "\n"
        try ErrorReport.print(clock)
        var report = HostReport(checking: machine(), host: host)
        if let marker { report.findings.append(SharedMarker.finding(marker)) }
        try ErrorReport.print(String(decoding: JSONEncoder().encode(report), as: UTF8.self))
    }
}
