/// One check of a machine before a run.
package protocol MachineCheck: Sendable {
    /// The name in reports: a few words.
    var name: String { get }
    /// Checks the machine; returns at least one finding.
    func findings(on machine: Machine) -> [Finding]
}

extension MachineCheck {
    func ok(_ message: String) -> Finding { Finding(name, .ok, message) }
    func warning(_ message: String, advice: String) -> Finding {
        Finding(name, .warning, message, advice: advice)
    }
    func problem(_ message: String, advice: String) -> Finding {
        Finding(name, .problem, message, advice: advice)
    }
}
