import Foundation

/// The current width of the terminal that a progress bar is drawn on.
final class TerminalWidth: Sendable {
    private let descriptor: Int32
    private let isOwned: Bool
    /// The width where the terminal cannot be asked.
    private let initial: Int

    /// - Parameters:
    ///   - terminal: the descriptor that the bar is written to.
    ///   - initial: the width at the start.
    ///   - device: the path of the terminal, for a process whose output passes through other processes; nil for none.
    init(_ terminal: Int32, initial: Int, device: String? = nil) {
        self.initial = initial
        let opened = device.map { open($0, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC) } ?? -1
        isOwned = opened >= 0
        descriptor = isOwned ? opened : terminal
    }

    deinit {
        if isOwned { close(descriptor) }
    }

    /// The number of columns.
    var columns: Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return initial }
        return Int(size.ws_col)
    }
}
