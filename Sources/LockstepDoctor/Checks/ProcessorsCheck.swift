/// Checks that each rank has a processor: slots, affinity, and the limit of a control group.
package struct ProcessorsCheck: MachineCheck {
    package let name = "processors"

    package init() {}

    package func findings(on machine: Machine) -> [Finding] {
        var findings: [Finding] = []
        if machine.usableProcessors < machine.processors {
            findings.append(
                warning(
                    "this process may use \(machine.usableProcessors) of \(machine.processors) processors",
                    advice:
                        "If this is not intended, check taskset, a cpuset, or the batch system's request (--cpus-per-task)."
                ))
        }
        if let quota = machine.processorQuota, quota < Double(machine.usableProcessors) {
            findings.append(
                warning(
                    "the control group allows the time of \(TextNumber.short(quota)) processors of \(machine.usableProcessors)",
                    advice: "Raise the container's processor limit, or start no more ranks than that."))
        }
        let granted = machine.grantedProcessors
        if let slots = machine.slots, slots > granted {
            findings.append(
                warning(
                    "\(slots) ranks share \(granted) processor\(granted == 1 ? "" : "s")",
                    advice:
                        "They run, but slower than \(granted): lower slots=\(slots) of this host."
                ))
        }
        if findings.isEmpty {
            let ranks = machine.slots.map { " for \($0) rank\($0 == 1 ? "" : "s")" } ?? ""
            findings.append(ok("\(machine.usableProcessors)\(ranks)"))
        }
        return findings
    }
}
