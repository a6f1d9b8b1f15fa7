import LockstepModels
import LockstepTensors
import Testing

@Suite struct NoModelTests {
    @Test func refusesEveryInput() {
        for input in [ModelInput.numbers(Shape(8, 8, 1)), .tokens(vocabulary: 256, context: 16)] {
            #expect {
                try NoModel().validate(input: input)
            } throws: {
                "\($0)".hasPrefix("none: is for tasks that build their networks themselves")
            }
        }
    }
}
