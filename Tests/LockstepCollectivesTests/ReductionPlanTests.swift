import LockstepCollectives
import Testing

@Suite struct ReductionPlanTests {
    /// The tree as text: what a plan adds to what.
    private func text(_ range: Range<Int>) -> String {
        if range.count == 1 { return String(range.lowerBound) }
        let middle = ReductionPlan.split(range)
        return "(\(text(range.lowerBound..<middle))+\(text(middle..<range.upperBound)))"
    }

    @Test func treesHaveTheDocumentedShape() {
        #expect(text(0..<4) == "((0+1)+(2+3))")
        #expect(text(0..<6) == "(((0+1)+(2+3))+(4+5))")
        #expect(text(0..<7) == "(((0+1)+(2+3))+((4+5)+6))")
    }

    @Test func everyRankCountMakesTheSameTree() {
        for shards in 1...17 {
            for ranks in 1...shards {
                let plan = ReductionPlan(shards: shards, ranks: ranks)
                var subtrees = [String](repeating: "", count: plan.subtrees.count)
                for rank in 0..<ranks {
                    var levels: [Int: String] = [:]
                    for step in plan.foldSteps(of: rank) {
                        #expect(plan.block(of: rank).contains(step.shard))
                        levels[step.level] = String(step.shard)
                        for level in stride(from: step.level, to: step.level - step.additions, by: -1) {
                            levels[level - 1] = "(\(levels[level - 1] ?? "?")+\(levels[level] ?? "?"))"
                        }
                        subtrees[step.subtree] = levels[0] ?? ""
                    }
                }
                var stack: [String] = []
                for entry in plan.program {
                    if entry >= 0 {
                        stack.append(subtrees[Int(entry)])
                    } else {
                        let right = stack.removeLast()
                        stack.append("(\(stack.removeLast())+\(right))")
                    }
                }
                #expect(stack == [text(0..<shards)], "\(shards) shards, \(ranks) ranks")
            }
        }
    }

    @Test func powersOfTwoNeedOneBufferPerRank() {
        let plan = ReductionPlan(shards: 8, ranks: 4)
        #expect(plan.subtrees == [0..<2, 2..<4, 4..<6, 6..<8])
        #expect(plan.foldSteps(of: 1).map(\.level) == [0, 1])
    }
}
