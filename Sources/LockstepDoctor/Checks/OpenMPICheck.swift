/// Checks for a recent Open MPI whose mpirun and library match.
package struct OpenMPICheck: MachineCheck {
    package let name = "Open MPI"

    package init() {}

    package func findings(on machine: Machine) -> [Finding] {
        guard let line = machine.firstLine("mpirun", ["--version"]) else {
            return [
                problem(
                    "there is no mpirun on the path",
                    advice:
                        "Install Open MPI 4.1 or newer (Debian: openmpi-bin), or put its folder into PATH.")
            ]
        }
        guard line.contains("(Open MPI)"), let launcher = Self.version(line) else {
            return [
                problem(
                    "mpirun is not Open MPI's: \(line)",
                    advice: "Put the folder of Open MPI's mpirun first in PATH.")
            ]
        }
        guard let library = Self.version(machine.libraries.mpi) else {
            return [
                problem(
                    "the program's MPI library is '\(machine.libraries.mpi)'",
                    advice: "Put the folder of Open MPI's libmpi.so.40 into LD_LIBRARY_PATH.")
            ]
        }
        let both = "mpirun \(Self.text(launcher)), library \(Self.text(library))"
        // mpirun 5 may load another library than this process has.
        if launcher[0] != library[0] {
            return [
                warning(
                    both + ": two major versions",
                    advice:
                        "mpirun puts its library first for ranks; to be sure, put its lib folder into "
                        + "LD_LIBRARY_PATH, or use the mpirun that belongs to the library."
                )
            ]
        }
        if library.lexicographicallyPrecedes([4, 1]) || launcher.lexicographicallyPrecedes([4, 1]) {
            return [
                warning(both, advice: "Lockstep is tested with Open MPI 4.1 and 5.0: install one of them.")
            ]
        }
        return [ok(both)]
    }

    /// The numbers of the first word that looks like a version: `mpirun (Open MPI) 4.1.4`, `Open MPI v4.1.4`.
    static func version(_ text: String) -> [Int]? {
        for word in text.split(whereSeparator: { " ,()".contains($0) }) {
            let digits = word.first == "v" ? word.dropFirst() : word
            let parts = digits.split(separator: ".").map { Int($0.prefix { $0.isNumber }) }
            if parts.count >= 2, !parts.contains(nil) { return parts.compactMap { $0 } }
        }
        return nil
    }

    private static func text(_ version: [Int]) -> String { version.map(String.init).joined(separator: ".") }
}
