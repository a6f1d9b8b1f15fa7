import Testing

/// A loader takes no memory from the heap once its buffers are made, whatever its data set and its number of threads.
@Suite struct LoaderAllocationTests {
    @Test func loadersAllocateNothing() throws {
        let result = try CommandRunner.run(
            CommandRunner.productsDirectory.appendingPathComponent("AllocationProbe").path, ["loaders"])
        #expect(result.status == 0, "\(result.tail)")
        let lines = result.output.split(separator: "\n").filter { $0.hasPrefix("own ") }
        #expect(lines.count == 6, "\(result.tail)")
        for line in lines { #expect(line.hasSuffix(" 0"), "\(line)") }
    }
}
