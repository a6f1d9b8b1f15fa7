import Foundation
import LockstepDoctor
import Testing

/// Lists of hosts, their reports, and what is compared between them.
struct HostListTests {
    @Test func lists() throws {
        let list = try HostList(list: "node1:4,node2")
        #expect(list.hosts == [.init(name: "node1", slots: 4), .init(name: "node2", slots: nil)])
        for text in ["", ",", "a:0", "a:x", "a:", "a,a", "-oProxyCommand=x", "a b"] {
            #expect(throws: HostList.Mistake.self, "\(text)") { try HostList(list: text) }
        }
    }

    @Test func files() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("hosts-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        func list(_ text: String) throws -> HostList {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            return try HostList(file: path)
        }
        let good = try list("# all\r\nnode1 slots=4 # first\r\n\nnode2")
        #expect(good.hosts == [.init(name: "node1", slots: 4), .init(name: "node2", slots: nil)])
        for (text, line) in [
            ("a slots=1\na slots=1\n", 2), ("\na cores=1\n", 2), ("a slots=\n", 1), ("a slots=1 b\n", 1),
        ] {
            let mistake = #expect(throws: HostList.Mistake.self) { try list(text) }
            #expect(mistake?.description.hasPrefix("\(path):\(line): ") == true, "\(text)")
        }
        #expect(throws: HostList.Mistake.self) { try list("# nobody\n") }
        #expect(throws: HostList.Mistake.self) { try HostList(file: "/nowhere/hosts") }
    }

    @Test func clocks() {
        #expect(
            HostInspection.skew(-0.02).severity == .ok
                && HostInspection.skew(-0.02).message.contains("20 ms behind"))
        #expect(HostInspection.skew(2).severity == .warning && HostInspection.skew(-90).severity == .problem)
    }

    @Test func reportsAsTextAndJSON() throws {
        let report = DoctorReport([
            HostReport(host: "a", findings: [Finding("x", .ok, "fine")]),
            HostReport(host: "b", findings: [Finding("longer", .problem, "bad", advice: "Mend it.")]),
        ])
        #expect(
            report.text.contains("  problem  longer  bad\n                   -> Mend it.\n"), "\(report.text)"
        )
        #expect(report.text.hasSuffix("2 hosts: 1 problem, 0 warnings\n"))
        let back = try JSONDecoder().decode(DoctorReport.self, from: Data(report.json().utf8))
        #expect(
            back.hosts.map(\.host) == ["a", "b"] && back.problems == 1
                && back.hosts[1].findings == report.hosts[1].findings)
    }
}
