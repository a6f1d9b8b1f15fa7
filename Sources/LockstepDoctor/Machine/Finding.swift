/// A finding of a check on a machine, and what to do about it.
package struct Finding: Codable, Sendable, Equatable {
    /// How serious a finding is.
    package enum Severity: String, Codable, Sendable {
        /// No problem.
        case ok
        /// A run works, but slower or less safely than possible.
        case warning
        /// A run would fail, or lose a guarantee.
        case problem
    }

    /// The name of the check.
    package var check: String
    /// How serious it is.
    package var severity: Severity
    /// What was found.
    package var message: String
    /// What to do about it; nil for nothing.
    package var advice: String?

    package init(_ check: String, _ severity: Severity, _ message: String, advice: String? = nil) {
        self.check = check
        self.severity = severity
        self.message = message
        self.advice = advice
    }
}
