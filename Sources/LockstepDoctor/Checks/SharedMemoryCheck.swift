/// Checks the space in /dev/shm, which holds the parameters, gradients and optimizer state of a host.
package struct SharedMemoryCheck: MachineCheck {
    package let name = "shared memory"

    package init() {}

    package func findings(on machine: Machine) -> [Finding] {
        let advice =
            "With Adam a host needs 12 bytes per parameter (14 in bf16), that of rank 0 12 more for the copy "
            + "that checkpoints are written from, and every rank at least 4. Give a container --shm-size=8g "
            + "(Kubernetes: an emptyDir with medium: Memory), or: mount -o remount,size=50% /dev/shm."
        guard let volume = machine.volume("/dev/shm") else {
            return [
                problem("there is no /dev/shm", advice: "Mount a tmpfs there: mount -t tmpfs tmpfs /dev/shm.")
            ]
        }
        let text = "/dev/shm: \(TextNumber.bytes(volume.free)) free of \(TextNumber.bytes(volume.size))"
        if volume.free < 16 << 20 { return [problem(text, advice: advice)] }
        if volume.free < 1 << 30 { return [warning(text, advice: advice)] }
        return [ok(text)]
    }
}
