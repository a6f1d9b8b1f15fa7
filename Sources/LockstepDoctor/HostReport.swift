import Foundation

/// The findings on one host.
package struct HostReport: Codable, Sendable {
    /// The host's name.
    package var host: String
    /// The facts that must or should be equal on all hosts, by name: versions and the processor.
    package var facts: [String: String]
    /// The findings of the checks.
    package var findings: [Finding]

    package init(host: String, facts: [String: String] = [:], findings: [Finding]) {
        self.host = host
        self.facts = facts
        self.findings = findings
    }

    /// All checks of one machine, in the order of a report.
    package static let checks: [any MachineCheck] = [
        OpenMPICheck(), ProcessorsCheck(), BindingCheck(), ThreadsCheck(), SharedMemoryCheck(),
        SingleCopyCheck(),
        NetworkCheck(), ComputeLibraryCheck(), RunDirectoryCheck(),
    ]

    /// Checks a machine.
    package init(checking machine: Machine, host: String) {
        self.host = host
        facts = [
            "lockstep": machine.libraries.lockstep, "MPI": machine.libraries.mpi,
            "oneDNN": machine.libraries.compute, "instructions": machine.libraries.instructions,
            "processor": machine.processorName,
        ]
        findings = Self.checks.flatMap { $0.findings(on: machine) }
    }
}
