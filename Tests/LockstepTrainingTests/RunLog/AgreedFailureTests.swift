import LockstepCollectives
import LockstepConfiguration
import LockstepExperiment
import LockstepTraining
import Testing

@Suite struct AgreedFailureTests {
    @Test(arguments: [
        (["bad", "bad"], "bad", 0), ([nil, nil, "bad", nil], "rank 2 of 4: bad", 2),
        ([nil, "bad", "bad"], "ranks 1, 2 of 3: bad", 1),
        ([nil, "bad", "bad", "worse"], "ranks 1, 2 of 4: bad (and other failures on 1 more)", 1),
        (["bad", "worse"], "bad", 0),
    ])
    func oneMessageOfOneRank(_ messages: [String?], _ description: String, _ reportingRank: Int) {
        let statuses = messages.indices.map { $0 == reportingRank ? ExitStatus.mistake : .success }
        let failure = AgreedFailure(messages: messages, statuses: statuses)
        #expect(failure?.description == description)
        #expect(failure?.reportingRank == reportingRank)
        #expect(failure?.status == .mistake)
    }

    @Test func noFailure() {
        #expect(AgreedFailure(messages: [nil, nil], statuses: [.success, .success]) == nil)
    }

    @Test func aloneItIsTheErrorItself() throws {
        let communicator = try Communicator()
        #expect(try communicator.together { 3 } == 3)
        let failure = #expect(throws: AgreedFailure.self) {
            try communicator.together { try ConfigurationNode.yaml("", file: "run.yaml") }
        }
        #expect(failure?.description.hasPrefix("run.yaml: is empty;") ?? false)
    }
}
