/// The name of the running program, `lockstep` or a user's program. Its messages begin with it.
package enum ProgramName {
    /// The last component of the path that the program was started by.
    package static var text: String {
        let path = CommandLine.arguments.first ?? ""
        return path.split(separator: "/").last.map(String.init) ?? "lockstep"
    }
}
