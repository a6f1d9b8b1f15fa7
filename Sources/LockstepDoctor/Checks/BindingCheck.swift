/// Checks whether the environment makes mpirun bind ranks to cores, unlike scripts/launch.
package struct BindingCheck: MachineCheck {
    package let name = "binding"

    package init() {}

    package func findings(on machine: Machine) -> [Finding] {
        let variables = [
            "OMPI_MCA_hwloc_base_binding_policy", "PRTE_MCA_hwloc_default_binding_policy",
            "OMPI_MCA_rmaps_base_mapping_policy", "PRTE_MCA_rmaps_default_mapping_policy",
        ]
        let set = variables.compactMap { name in
            machine.environment[name].flatMap { $0 == "none" ? nil : "\(name)=\($0)" }
        }
        guard set.isEmpty else {
            return [
                warning(
                    "\(set.joined(separator: ", ")) is set",
                    advice:
                        "scripts/launch gives --bind-to none, which takes precedence. A plain mpirun follows "
                        + "the variable: two jobs on one machine then share cores."
                )
            ]
        }
        return [ok("left to the launcher (none)")]
    }
}
