import LockstepContracts
import LockstepDatasets
import LockstepONNX
import LockstepTensors

extension InputPreparation {
    /// Whether the input of a graph needs 64 bits.
    var isDouble: Bool { !offsets.isEmpty }

    /// Adds the operators of the preparation to a graph.
    /// - Parameters:
    ///   - input: the name of the data.
    ///   - batch: the shape of a batch as the tape has it, [N, ...]; images are [N, C, H, W] in the graph.
    /// - Returns: the name of what the network sees.
    func add(to export: ONNXExport, _ input: String, _ batch: Shape) -> String {
        var result = input
        func operate(_ type: String, _ inputs: [String], _ attributes: [ONNXAttribute] = []) {
            result = export.add(type, inputs, attributes)[0]
        }
        func floats(_ name: String, _ numbers: [Float]) -> String {
            let (shape, ordered) = Self.layout(numbers, batch)
            return export.add(named: "input_\(name)") { ONNXTensor($0, shape: shape, floats: ordered) }
        }
        func doubles(_ name: String, _ numbers: [Double]) -> String {
            let (shape, ordered) = Self.layout(numbers, batch)
            return export.add(named: "input_\(name)") { ONNXTensor($0, shape: shape, doubles: ordered) }
        }
        if isDouble {
            operate("Sub", [result, doubles("offsets", offsets)])
            operate("Mul", [result, doubles("factors", factors)])
            operate("Cast", [result], [.integer("to", ONNXTensor.Element.float32.rawValue)])
        }
        if !scale.isEmpty {
            operate("Mul", [result, floats("scale", scale)])
            operate("Add", [result, floats("shift", shift)])
        }
        if !missing.isEmpty {
            let prepared = result
            operate("IsNaN", [prepared])
            operate("Where", [result, floats("missing", missing), prepared])
        }
        return result
    }

    /// Numbers with a shape that is broadcast with a batch; those of images in the order (C, H, W).
    private static func layout<Number>(_ numbers: [Number], _ batch: Shape) -> (
        shape: [Int], numbers: [Number]
    ) {
        let sample = Array(batch.extents.dropFirst())
        let channels = sample.last ?? 1
        guard numbers.count > 1 else { return ([1], numbers) }
        guard sample.count == 3 else { return (numbers.count == channels ? [channels] : sample, numbers) }
        guard numbers.count != channels else { return ([channels, 1, 1], numbers) }
        let pixels = sample[0] * sample[1]
        contract(
            numbers.count == pixels * channels,
            "InputPreparation: \(numbers.count) numbers for samples \(sample)")
        let ordered = (0..<channels).flatMap { channel in
            (0..<pixels).map { numbers[$0 * channels + channel] }
        }
        return ([channels, sample[0], sample[1]], ordered)
    }
}

extension [(factor: Double, offset: Double)] {
    /// Adds the operators that bring a result into these units: in 64 bits where an offset would leave too few binary digits of a
    /// 32-bit number.
    func add(to export: ONNXExport, _ result: String) -> (name: String, type: ONNXTensor.Element) {
        guard contains(where: { $0 != (1, 0) }) else { return (result, .float32) }
        let isDouble = contains { abs($0.offset) > 256 * abs($0.factor) }
        func constant(_ name: String, _ numbers: [Double]) -> String {
            export.add(named: "unit_\(name)") {
                isDouble
                    ? ONNXTensor($0, shape: [numbers.count], doubles: numbers)
                    : ONNXTensor($0, shape: [numbers.count], floats: numbers.map { Float($0) })
            }
        }
        var name = result
        if isDouble {
            name = export.add("Cast", [name], [.integer("to", ONNXTensor.Element.float64.rawValue)])[0]
        }
        name = export.add("Mul", [name, constant("factors", map(\.factor))])[0]
        name = export.add("Add", [name, constant("offsets", map(\.offset))])[0]
        return (name, isDouble ? .float64 : .float32)
    }
}
