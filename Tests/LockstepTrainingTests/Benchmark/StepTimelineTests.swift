import LockstepTimeline
import Testing

/// The timeline of a thread: sums for every phase, and events of the traced steps up to the capacity.
@Suite struct StepTimelineTests {
    private func timeline(steps: Int, eventsPerStep: Int) -> StepTimeline {
        let timeline = StepTimeline(tracedSteps: 1..<3, eventsPerStep: eventsPerStep)
        for step in 0..<steps {
            timeline.beginStep(step)
            for phase in [StepPhase.load, .forward, .backward, .update] { timeline.begin(phase) }
            timeline.begin(.other)
        }
        return timeline
    }

    @Test func tracedStepsAreKept() {
        let timeline = timeline(steps: 5, eventsPerStep: 4)
        #expect(timeline.leftOut == 0)
        let names = timeline.events.map { "\($0.step) \(StepPhase(rawValue: $0.phase)?.name ?? "")" }
        let phases = ["load", "forward", "backward", "update"]
        #expect(names == (1...2).flatMap { step in phases.map { "\(step) \($0)" } })
    }

    @Test func eventsWithoutAPlaceAreCounted() {
        let timeline = timeline(steps: 5, eventsPerStep: 3)
        #expect(timeline.events.count == 6)
        #expect(timeline.leftOut == 2)
    }
}
