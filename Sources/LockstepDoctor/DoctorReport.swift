import Foundation

/// The findings on all hosts.
package struct DoctorReport: Codable, Sendable {
    /// The hosts in the given order.
    package var hosts: [HostReport]
    /// The number of problems.
    package var problems: Int
    /// The number of warnings.
    package var warnings: Int

    package init(_ hosts: [HostReport]) {
        self.hosts = hosts
        let all = hosts.flatMap(\.findings)
        problems = all.count { $0.severity == .problem }
        warnings = all.count { $0.severity == .warning }
    }

    /// The report as JSON.
    package func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    /// The report for a terminal.
    package var text: String {
        var lines: [String] = []
        let width = hosts.flatMap(\.findings).map(\.check.count).max() ?? 0
        for host in hosts {
            lines.append(host.host)
            for finding in host.findings {
                let severity = finding.severity.rawValue.padding(toLength: 7, withPad: " ", startingAt: 0)
                let check = finding.check.padding(toLength: width, withPad: " ", startingAt: 0)
                lines.append("  \(severity)  \(check)  \(finding.message)")
                if let advice = finding.advice {
                    lines.append(String(repeating: " ", count: 13 + width) + "-> " + advice)
                }
            }
        }
        func count(_ number: Int, _ what: String) -> String { "\(number) \(what)\(number == 1 ? "" : "s")" }
        lines.append(
            "\(count(hosts.count, "host")): \(count(problems, "problem")), \(count(warnings, "warning"))")
        return lines.joined(separator: "\n") + "\n"
    }
}
