import Foundation
import LockstepProcess
import Synchronization

/// Checks hosts in parallel by running the same command on them.
package struct HostInspection: Sendable {
    /// The start of a remote report's first line, before the host's clock.
    package static let clockWord = "clock "

    private let shell: RemoteShell
    private let program: String
    private let seconds: Int

    /// - Parameters:
    ///   - program: the path of the lockstep command, the same on all hosts.
    ///   - seconds: the time limit per host.
    package init(shell: RemoteShell, program: String, seconds: Int = 60) {
        self.shell = shell
        self.program = program
        self.seconds = seconds
    }

    /// The reports of all hosts, in order.
    /// - Parameter here: checks this machine, for a number of slots.
    package func reports(
        _ list: HostList, machine: Machine,
        here: @Sendable @escaping (_ name: String, _ slots: Int?) -> HostReport
    ) -> [HostReport] {
        let marker = machine.runDirectory.flatMap { SharedMarker(runDirectory: $0) }
        let path = marker?.path
        let results = Mutex([Int: HostReport]())
        let group = DispatchGroup()
        for (index, host) in list.hosts.enumerated() {
            group.enter()
            let inspect: @Sendable () -> Void = {
                let report =
                    LocalName.isThisMachine(host.name, addresses: machine.addresses.map(\.address))
                    ? here(host.name, host.slots)
                    : remote(host, runDirectory: machine.runDirectory, marker: path)
                results.withLock { $0[index] = report }
                group.leave()
            }
            // If no more threads can be started, inspect hosts one after the other.
            do throws(ThreadError) { try WorkerThread.start("inspection of a host", inspect) } catch {
                inspect()
            }
        }
        group.wait()
        let reports = results.withLock { found in list.hosts.indices.compactMap { found[$0] } }
        return HostComparison.compare(reports)
    }

    private func remote(_ host: HostList.Host, runDirectory: String?, marker: String?) -> HostReport {
        var arguments = [program, "doctor", "--for-host", host.name]
        if let slots = host.slots { arguments += ["--slots", String(slots)] }
        if let runDirectory { arguments += ["--run-dir", runDirectory] }
        if let marker { arguments += ["--marker", marker] }
        do {
            let output = try Subprocess.run(shell.command(arguments, on: host.name), seconds: seconds)
            return Self.report(output, host: host.name, program: program)
        } catch {
            return HostReport(
                host: host.name,
                findings: [
                    Finding(
                        "connection", .problem, "\(shell.words[0]) cannot be run: \(error)",
                        advice: "Install ssh.")
                ])
        }
    }

    /// The report in a host's output, with the difference of its clock.
    static func report(_ output: Subprocess.Output, host: String, program: String) -> HostReport {
        let parts = output.text.split(separator: "\n", maxSplits: 1)
        if parts.count == 2, parts[0].hasPrefix(clockWord),
            let clock = Double(parts[0].dropFirst(clockWord.count)),
            var report = try? JSONDecoder().decode(HostReport.self, from: Data(parts[1].utf8))
        {
            report.host = host
            report.findings.insert(skew(clock - (output.firstOutput ?? clock)), at: 0)
            return report
        }
        let said =
            (output.errors + output.text).split(whereSeparator: \.isNewline).last {
                !$0.hasPrefix("Warning: Permanently added")
            }
            .map { $0.trimmingCharacters(in: .whitespaces) } ?? "status \(output.status)"
        let message: String
        let advice: String
        switch output.status {
        case 255:
            message = "no answer by ssh: \(said)"
            advice = ConnectionAdvice.text(said, host: host)
        case 124:
            message = "no answer in time"
            advice = "Check whether the host hangs: ssh \(host) uptime."
        case 126, 127:
            message = "\(program) cannot be run there: \(said)"
            advice =
                "Build or copy the same lockstep to the same path there, with the libraries it needs (scripts/setup)."
        default:
            message = "\(program) doctor ended with status \(output.status): \(said)"
            advice = "Another version may be there: build or copy the same one to the same path."
        }
        return HostReport(host: host, findings: [Finding("connection", .problem, message, advice: advice)])
    }

    /// The difference of a host's clock to this one's, in seconds, including the latency of a line.
    package static func skew(_ seconds: Double) -> Finding {
        let text =
            "\(TextNumber.short(abs(seconds) * 1000)) ms \(seconds < 0 ? "behind" : "ahead of") this host"
        if abs(seconds) < 0.5 { return Finding("clock", .ok, text) }
        return Finding(
            "clock", abs(seconds) < 60 ? .warning : .problem, text,
            advice: "Times in logs and reports of hangs cannot be compared: run chrony or ntpd on all hosts.")
    }
}
