import LockstepOptimizers

/// Flat buffers for a test, with one group over everything.
final class FlatRun {
    let count: Int
    let optimizer: any Optimizer
    let parameters: UnsafeMutablePointer<Float>
    let gradients: UnsafeMutablePointer<Float>
    let moments: [UnsafeMutablePointer<Float>]
    var groups: [ParameterGroup]

    init(count: Int, optimizer: any Optimizer) {
        self.count = count
        self.optimizer = optimizer
        func buffer(_ value: Float) -> UnsafeMutablePointer<Float> {
            let memory = UnsafeMutablePointer<Float>.allocate(capacity: count)
            memory.initialize(repeating: value, count: count)
            return memory
        }
        parameters = buffer(0)
        gradients = buffer(0)
        moments = optimizer.momentNames.map { _ in buffer(optimizer.initialMoment) }
        groups = [ParameterGroup(range: 0..<count)]
    }

    deinit {
        parameters.deallocate()
        gradients.deallocate()
        for moment in moments { moment.deallocate() }
    }

    var buffers: FlatBuffers {
        func moment(_ index: Int) -> UnsafeMutablePointer<Float>? {
            index < moments.count ? moments[index] : nil
        }
        return FlatBuffers(
            parameters: parameters, gradients: gradients, moments: (moment(0), moment(1), moment(2)))
    }

    /// Whether all parameters were finite after the last update, as it says.
    private(set) var isFinite = true

    /// Updates in slices that end at the given borders; the sum of their hashes.
    func update(_ step: UpdateStep, borders: [Int] = []) -> UInt64 {
        var hash: UInt64 = 0
        isFinite = true
        let slices = zip([0] + borders, borders + [count]).map { $0..<$1 }
        let memory = UnsafeMutablePointer<LayerSquares>.allocate(capacity: LayerTable.count(groups))
        defer { memory.deallocate() }
        let layers = (optimizer as? any LayerwiseOptimizer).map { optimizer in
            let table = LayerTable(groups, memory: memory)
            // In any order: each part is measured by one slice.
            for slice in slices.reversed() {
                table.measure(slice, by: optimizer, buffers, groups: groups, step)
            }
            return table
        }
        for slice in slices {
            let result = optimizer.update(slice, buffers, groups: groups, step, layers: layers)
            hash &+= result.hash
            isFinite = isFinite && result.isFinite
        }
        return hash
    }
}
