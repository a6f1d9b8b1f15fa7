/// Checks the OpenMP environment for several ranks on one machine, and the load of the machine.
///
/// The number of threads comes from the run file, not from OMP_NUM_THREADS.
package struct ThreadsCheck: MachineCheck {
    package let name = "threads"

    package init() {}

    package func findings(on machine: Machine) -> [Finding] {
        var findings: [Finding] = []
        let environment = machine.environment
        if environment["OMP_DYNAMIC"]?.lowercased() == "true" {
            findings.append(
                problem(
                    "OMP_DYNAMIC=true lets OpenMP change the number of threads",
                    advice: "Unset it: the bits of a run depend on the number of threads."))
        }
        if let limit = environment["OMP_THREAD_LIMIT"] {
            findings.append(
                warning(
                    "OMP_THREAD_LIMIT=\(limit) is set",
                    advice:
                        "Unset it, or see that it is at least the run file's threads: the bits depend on their number."
                ))
        }
        let binding = ["OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY", "KMP_AFFINITY"].filter {
            guard let value = environment[$0]?.lowercased() else { return false }
            return value != "false" && value != "none"
        }
        if !binding.isEmpty && machine.expectedRanks > 1 {
            findings.append(
                warning(
                    "\(binding.map { "\($0)=\(environment[$0] ?? "")" }.joined(separator: ", ")) is set",
                    advice: "Unset it: every rank would bind its threads to the same processors."))
        }
        if environment["OMP_WAIT_POLICY"]?.lowercased() == "active" {
            findings.append(
                warning(
                    "OMP_WAIT_POLICY=active makes waiting threads spin",
                    advice: "Unset it when ranks x threads exceed the processors."))
        }
        if let count = environment["OMP_NUM_THREADS"].flatMap(Int.init),
            count * machine.expectedRanks > machine.grantedProcessors
        {
            findings.append(
                warning(
                    "OMP_NUM_THREADS=\(count) x \(machine.expectedRanks) ranks exceeds \(machine.grantedProcessors) processors",
                    advice:
                        "Lockstep does not use it (threads are in the run file); other programs in the job do."
                ))
        }
        if let load = machine.text("/proc/loadavg")?.split(separator: " ").first.flatMap({ Double($0) }),
            load > 0.5 * Double(machine.usableProcessors)
        {
            findings.append(
                warning(
                    "the load of the last minute is \(TextNumber.short(load)) on \(machine.usableProcessors) processors",
                    advice: "Other programs run here: every step waits for the slowest rank."))
        }
        return findings.isEmpty ? [ok("no problem in the environment or the load")] : findings
    }
}
