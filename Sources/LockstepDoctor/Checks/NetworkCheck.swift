/// Checks the networks between hosts and their speed.
package struct NetworkCheck: MachineCheck {
    package let name = "network"

    package init() {}

    package func findings(on machine: Machine) -> [Finding] {
        guard !machine.addresses.isEmpty else {
            return [
                Finding(
                    name, .ok, "no address but the loopback", advice: "Runs on several hosts need a network.")
            ]
        }
        var findings = machine.addresses.map { finding($0, machine) }
        let interfaces = Set(machine.addresses.map(\.interface)).sorted()
        let chosen = machine.environment["OMPI_MCA_btl_tcp_if_include"]
        if let chosen {
            let words = chosen.split(separator: ",").map(String.init)
            // mpirun interprets networks such as 10.0.0.0/24.
            for word in words where !word.contains("/") && !interfaces.contains(word) && word != "lo" {
                findings.append(
                    problem(
                        "OMPI_MCA_btl_tcp_if_include names \(word), and no such interface is up",
                        advice: "Name one of \(interfaces.joined(separator: ", ")), or unset the variable."))
            }
        } else if interfaces.count > 1 {
            findings.append(
                warning(
                    "\(interfaces.count) interfaces are up: \(interfaces.joined(separator: ", "))",
                    advice:
                        "Open MPI tries all of them, and hangs on one that does not lead to the other hosts. "
                        + "Choose: scripts/launch --interface NAME (or 10.0.0.0/24)."
                ))
        }
        return findings
    }

    private func finding(_ address: Machine.Address, _ machine: Machine) -> Finding {
        let place = "/sys/class/net/\(address.interface)"
        let speed = machine.text("\(place)/speed").flatMap(Int.init) ?? -1
        var text = "\(address.interface) \(address.address)"
        if let mtu = machine.text("\(place)/mtu") { text += ", MTU \(mtu)" }
        guard speed > 0 else { return ok(text + ", speed unknown to the kernel") }
        text += ", \(speed) Mbit/s"
        guard speed < 1000 else { return ok(text) }
        return warning(
            text,
            advice:
                "Gradients travel over it in every step: use a faster network, compression on the wire, or local_sgd."
        )
    }
}
