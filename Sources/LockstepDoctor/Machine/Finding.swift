/// What a check found on a machine, and what to do about it.
package struct Finding: Codable, Sendable, Equatable {
    /// How serious a finding is.
    package enum Severity: String, Codable, Sendable {
        /// Nothing to do.
        case ok
        /// A run works, but slower or less safely than it could.
        case warning
        /// A run would fail, or not keep what it promises.
        case problem
    }

    /// The name of the check.
    package var check: String
    /// How serious it is.
    package var severity: Severity
    /// What was found.
    package var message: String
    /// What to do about it; nil where there is nothing to do.
    package var advice: String?

    package init(_ check: String, _ severity: Severity, _ message: String, advice: String? = nil) {
        self.check = check
        self.severity = severity
        self.message = message
        self.advice = advice
    }
}
