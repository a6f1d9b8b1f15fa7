import LockstepAutograd
import LockstepTimeline

/// The part of an update that overlaps the next step: parameters, or the sums that update them, arrive from
/// other hosts during the next forward pass, which waits for each parameter before it reads it.
extension DataParallel: ParameterGate {
    /// Whether parameters of any phase may still be in transit.
    var isArriving: Bool {
        for strategy in strategies where strategy.isArriving { return true }
        return false
    }

    public func wait(for parameter: Parameter) throws {
        guard let number = parameter.phase, !parameter.isSparse else { return }
        let (phase, strategy) = (phases[number], strategies[number])
        let offset = parameter.offset - phase.range.lowerBound
        let range = offset..<offset + parameter.elementCount
        guard strategy.isArriving, !strategy.hasArrived(range) else { return }
        try waiting { try strategy.wait(for: range) }
    }

    public func waitForAll() throws {
        for strategy in strategies where strategy.isArriving {
            try waiting { try strategy.waitForAll() }
        }
    }

    /// Waits until this host has all parameters of the last update.
    func finishUpdate() throws { try waitForAll() }

    private func waiting(_ body: () throws -> Void) throws {
        let phase = timeline?.phase
        let begin = StepTimeline.now
        timeline?.begin(.wait, isMeeting: false)
        defer {
            waited += StepTimeline.now - begin
            if let phase { timeline?.begin(phase) }
        }
        try body()
    }
}
