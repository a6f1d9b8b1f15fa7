import Foundation

/// The ssh command that scripts/launch and mpirun use.
package struct RemoteShell: Sendable {
    /// The program and its options.
    let words: [String]

    /// - Parameters:
    ///   - port: the port of sshd; nil for ssh's default.
    ///   - identity: the private key; nil for ssh's default.
    package init(environment: [String: String], port: Int?, identity: String?) {
        let named =
            environment["OMPI_MCA_plm_rsh_agent"]?.split(separator: ":").first.map(String.init) ?? "ssh"
        var words = named.split(separator: " ").map(String.init)
        let isSSH = words.first?.split(separator: "/").last == "ssh"
        if let port { words += ["-p", String(port)] }
        if let identity { words += ["-i", identity, "-o", "IdentitiesOnly=yes"] }
        let options = environment["LOCKSTEP_SSH_OPTIONS"] ?? environment["OMPI_MCA_plm_rsh_args"] ?? ""
        words += options.split(separator: " ").map(String.init)
        if isSSH {
            let seconds = environment["LOCKSTEP_CONNECT_TIMEOUT"] ?? "10"
            words += ["-o", "BatchMode=yes", "-o", "ConnectTimeout=\(seconds)"]
        }
        self.words = words
    }

    /// The words that run a command on a host, with arguments quoted for the remote shell.
    func command(_ arguments: [String], on host: String) -> [String] {
        let quoted = arguments.map { "'" + $0.replacing("'", with: "'\\''") + "'" }
        return words + [host, quoted.joined(separator: " ")]
    }
}
