import Testing

/// A pass over an operation, forward and backward, takes no memory from the heap once its object is made, oneDNN's own allocations
/// apart.
@Suite struct OperationAllocationTests {
    @Test func operationsAllocateNothing() throws {
        let result = try CommandRunner.run(
            CommandRunner.productsDirectory.appendingPathComponent("AllocationProbe").path, ["operations"])
        #expect(result.status == 0, "\(result.tail)")
        let lines = result.output.split(separator: "\n").filter { $0.hasPrefix("own ") }
        #expect(lines.count >= 27, "\(result.tail)")
        for line in lines { #expect(line.hasSuffix(" 0"), "\(line)") }
    }
}
