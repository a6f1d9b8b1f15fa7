/// The name of the running program, with which its messages begin: `lockstep`, or that of a program with parts of its own.
package enum ProgramName {
    /// The last component of the path that the program was started by.
    package static var text: String {
        let path = CommandLine.arguments.first ?? ""
        return path.split(separator: "/").last.map(String.init) ?? "lockstep"
    }
}
