import Foundation

/// The launcher of this process, according to the environment.
package struct LauncherEnvironment {
    /// Whether a launcher with a process manager started this process, so that MPI must be initialized.
    package let isLaunched: Bool
    /// The number of ranks according to the environment, and the variable that contains it.
    package let expected: (size: Int, variable: String)?

    /// Reads the environment.
    package init(_ environment: [String: String] = ProcessInfo.processInfo.environment) {
        let marks = ["OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_SIZE"]
        isLaunched = marks.contains { environment[$0] != nil }
        var sizes = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"]
        // The shell of a batch script also has SLURM_NTASKS; only tasks started by srun have
        // SLURM_STEP_NUM_TASKS.
        if environment["SLURM_PROCID"] != nil && environment["SLURM_STEP_ID"] != nil {
            sizes.append("SLURM_STEP_NUM_TASKS")
        }
        var found: (Int, String)?
        for name in sizes {
            if found == nil, let text = environment[name], let size = Int(text) { found = (size, name) }
        }
        expected = found
    }
}
