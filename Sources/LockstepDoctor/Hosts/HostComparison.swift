/// Compares facts that should be equal on all hosts.
enum HostComparison {
    /// Adds findings to the reports of hosts that differ from the first one that answered.
    static func compare(_ reports: [HostReport]) -> [HostReport] {
        guard let first = reports.first(where: { !$0.facts.isEmpty }) else { return reports }
        return reports.map { report in
            guard !report.facts.isEmpty, report.host != first.host else { return report }
            var report = report
            for name in first.facts.keys.sorted() {
                let (mine, other) = (report.facts[name] ?? "?", first.facts[name] ?? "?")
                guard mine != other else { continue }
                // Versions that communicate must be equal; the others only affect bits.
                let mustAgree = name == "lockstep" || name == "MPI"
                report.findings.append(
                    Finding(
                        "comparison", mustAgree ? .problem : .warning,
                        "\(name) is '\(mine)', on \(first.host) '\(other)'",
                        advice: mustAgree
                            ? "Install the same version on all hosts."
                            : "The run works, but its bits then depend on which host computes which shard."))
            }
            return report
        }
    }
}
