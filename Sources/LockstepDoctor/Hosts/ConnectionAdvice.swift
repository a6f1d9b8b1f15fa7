/// Advice for a host that ssh does not reach, chosen by ssh's message.
package enum ConnectionAdvice {
    private static let known: [(words: String, advice: String)] = [
        (
            "not resolve hostname",
            "This machine cannot resolve the name: check it, or add the host to /etc/hosts or the DNS."
        ),
        (
            "Permission denied",
            "ssh must log in without a password: put your public key into its ~/.ssh/authorized_keys, or name "
                + "the right key with --identity."
        ),
        ("onnection refused", "Is sshd running there, and on this port? --ssh-port names another one."),
        ("timed out", unreachable), ("No route to host", unreachable), ("unreachable", unreachable),
    ]
    private static let unreachable = "Is it up, and reachable from here?"

    /// - Parameter said: the last line of ssh's output.
    package static func text(_ said: String, host: String) -> String {
        if said.contains("Host key verification failed") {
            return "Log in by hand once (ssh \(host)) and check its key, or set LOCKSTEP_SSH_OPTIONS."
        }
        return known.first { said.contains($0.words) }?.advice
            ?? "ssh must log in without a password; see --ssh-port, --identity, LOCKSTEP_SSH_OPTIONS."
    }
}
