import Logging

/// Sends log messages to the console of a run: warnings and errors to the terminal, all to `train.log`.
///
/// Passed in where a `Logger` is created, `Logger(label: ...) { _ in RunLogHandler(console) }`; nothing is set for the
/// whole process.
public struct RunLogHandler: LogHandler {
    private let console: Console
    public var logLevel = Logger.Level.info
    public var metadata = Logger.Metadata()
    public var metadataProvider: Logger.MetadataProvider?

    /// Makes a handler.
    public init(_ console: Console) {
        self.console = console
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let own = event.metadata { all.merge(own) { $1 } }
        let details = all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
        let text = "\(event.message)" + (details.isEmpty ? "" : " (\(details))")
        switch event.level {
        case .trace, .debug: console.note("\(event.level): \(text)")
        case .info, .notice: console.write(text)
        case .warning, .error, .critical: console.warn("\(event.level): \(text)")
        }
    }
}
