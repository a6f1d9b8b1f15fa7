/// Checks whether a rank may read another rank's memory (CMA), which saves MPI messages on a host one copy.
package struct SingleCopyCheck: MachineCheck {
    package let name = "single copy (CMA)"

    package init() {}

    package func findings(on machine: Machine) -> [Finding] {
        let unimportant =
            "Training on one host does not need it: gradients are in shared memory. It matters for MPI's own messages."
        if let reason = machine.memoryOfOthers() {
            return [
                warning(
                    "process_vm_readv is refused: \(reason)",
                    advice:
                        "\(unimportant) A container needs --cap-add SYS_PTRACE; if Open MPI complains: "
                        + "--mpi-args \"--mca btl_vader_single_copy_mechanism none\"."
                )
            ]
        }
        let scope = machine.text("/proc/sys/kernel/yama/ptrace_scope").flatMap(Int.init) ?? 0
        if scope > 0 {
            return [
                warning(
                    "allowed, but kernel.yama.ptrace_scope is \(scope)",
                    advice: "\(unimportant) sysctl kernel.yama.ptrace_scope=0 allows it between ranks.")
            ]
        }
        return [ok("allowed")]
    }
}
