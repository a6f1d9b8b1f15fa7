import LockstepTimeline

/// Explains a job in which every rank waits for others, from their positions.
struct MutualWait {
    /// The ranks to blame; empty if a connection is to blame.
    let culprits: [HeartbeatFolder.Reading]
    /// The probable cause if no rank is to blame.
    let cause: String

    init(_ readings: [HeartbeatFolder.Reading]) {
        let hosts = MutualWait.hosts(of: readings)
        let behind = MutualWait.behind(readings)
        let lagging = MutualWait.hosts(of: behind)
        // A rank that is behind others of its host, or furthest behind without the rest of its host, could
        // continue, since they have.
        let isPartOfAHost = lagging.contains { host in
            behind.count { $0.state?.identity.host == host }
                < readings.count { $0.state?.identity.host == host }
        }
        if hosts.count == 1 || isPartOfAHost || readings.contains(where: { $0.state == nil }) {
            culprits = behind.count < readings.count || hosts.isEmpty ? behind : []
            cause = "they wait for each other, which is a fault of the program"
            return
        }
        culprits = []
        let others = hosts.filter { !lagging.contains($0) }
        guard !others.isEmpty else {
            cause = MutualWait.connection(between: hosts)
            return
        }
        let ranks = behind.prefix(4).map { "\($0.rank)" }.joined(separator: ", ")
        cause =
            "the network between \(MutualWait.list(lagging)) and \(MutualWait.list(others)) is probably cut, or "
            + "\(MutualWait.list(lagging)) hangs "
            + "(behind the others: rank \(ranks)\(behind.count > 4 ? ", ..." : ""))"
    }

    /// The ranks furthest behind by step and position; among equal ones, those whose exchange has advanced
    /// least.
    private static func behind(_ readings: [HeartbeatFolder.Reading]) -> [HeartbeatFolder.Reading] {
        let behind = FaultReport.furthestBehind(readings)
        let buckets = behind.compactMap { $0.state?.bucket }
        guard behind.count == readings.count, buckets.count == readings.count, let least = buckets.min()
        else { return behind }
        return behind.filter { $0.state?.bucket == least }
    }

    /// What to check for a rank that cannot reach others.
    static func connection(of readings: [HeartbeatFolder.Reading], from rank: Int) -> String {
        let all = hosts(of: readings)
        guard let own = readings.first(where: { $0.rank == rank })?.state?.identity.host, all.count > 1 else {
            return "see the error"
        }
        let others = all.filter { $0 != own }
        return "the network between \(own) and \(list(others)) is probably cut"
    }

    private static func connection(between hosts: [String]) -> String {
        hosts.count == 2
            ? "the network between \(hosts[0]) and \(hosts[1]) is probably cut"
            : "the network between some of the hosts \(list(hosts)) is probably cut"
    }

    /// The host names of ranks, in the order of ranks.
    private static func hosts(of readings: [HeartbeatFolder.Reading]) -> [String] {
        var hosts: [String] = []
        for reading in readings {
            if let host = reading.state?.identity.host, !hosts.contains(host) { hosts.append(host) }
        }
        return hosts
    }

    private static func list(_ hosts: [String]) -> String {
        let shown = hosts.prefix(4).joined(separator: ", ")
        return hosts.count > 4 ? "\(shown) and \(hosts.count - 4) more" : shown
    }
}
