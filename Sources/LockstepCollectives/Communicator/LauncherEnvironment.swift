import Foundation

/// What the environment says of the launcher that started this process.
package struct LauncherEnvironment {
    /// Whether a launcher with a process manager started this process, so that MPI has to be initialised.
    package let isLaunched: Bool
    /// The number of ranks that the environment names, and the variable that names it.
    package let expected: (size: Int, variable: String)?

    /// Reads the environment.
    package init(_ environment: [String: String] = ProcessInfo.processInfo.environment) {
        let marks = ["OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_SIZE"]
        isLaunched = marks.contains { environment[$0] != nil }
        var sizes = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"]
        // A batch script's own shell has SLURM_NTASKS, too; only a task that srun started has a step's number of tasks.
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
