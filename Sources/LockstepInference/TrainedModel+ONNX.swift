import LockstepAutograd
import LockstepDatasets
import LockstepExperiment
import LockstepFiles
import LockstepONNX
import LockstepRunLog
import LockstepTasks
import LockstepTensors
import LockstepText

extension TrainedModel {
    /// The networks with the preparation of their input as an ONNX model, for any number of samples.
    ///
    /// It computes what predictions are made of, in 32 bits, whatever precision the run had. Its graph comes from forward passes of a
    /// few samples of zeros.
    /// - Throws: `TrainingError.model` for a task without exported outputs, samples of varying length, or an operation without ONNX
    ///   operators; what is wrong with the model or with the constants of the data.
    public func onnx() throws -> ONNXModel { try graph().model }

    /// The networks as a graph, and the preparation of their input.
    /// - Parameter keepsFunctions: see `ONNXExport.finish`.
    func graph(
        keepsFunctions: Bool = false
    ) throws -> (model: ONNXModel, task: any ExportableTask, preparation: InputPreparation?) {
        guard let task = task as? any ExportableTask else {
            throw TrainingError.model(
                "the task \(type(of: self.task)) has no outputs to be exported: it is not an ExportableTask")
        }
        if let field = schema.fields.first(where: \.isVarying) {
            throw TrainingError.model(
                "samples of the field '\(field.name)' have different lengths, and an exported network has no lengths"
            )
        }
        do {
            let preparation = try configuration.data.inputPreparation(of: constants)
            return (try onnx(of: task, preparation, keepsFunctions), task, preparation)
        } catch let error as ONNXError {
            throw TrainingError.model("\(error)")
        }
    }

    /// Writes the ONNX model to a file, which is replaced.
    /// - Returns: a description of its inputs and outputs.
    /// - Throws: what `onnx` throws; `RunLogError` when the file cannot be written.
    public func exportONNX(to path: String) throws -> String {
        let model = try onnx()
        let bytes: [UInt8]
        do throws(ONNXError) {
            bytes = try model.encoded()
        } catch {
            throw TrainingError.model("\(error)")
        }
        try bytes.withUnsafeBytes { raw in
            do throws(FileError) {
                try AtomicFile.write(raw, to: path)
            } catch {
                throw RunLogError(path, "cannot be written", error, option: "--onnx")
            }
        }
        let ports = model.inputs.map { ("input", $0) } + model.outputs.map { ("output", $0) }
        return TextTable.aligned(
            [["checkpoint", checkpoint], ["step", "\(step)"], ["file", "\(path), \(bytes.count) bytes"]]
                + ports.map { [$0, "\($1)"] })
    }

    /// Passes of two numbers of samples show which extents depend on it. A recurrent layer may compute few samples otherwise than
    /// many: the two have to be alike.
    private func onnx(
        of task: some ExportableTask, _ preparation: InputPreparation?, _ keepsFunctions: Bool
    ) throws -> ONNXModel {
        var shapes = PassShapes(samples: 2)
        _ = try pass(of: task, fields(2), shapes)
        for samples in 3...9 {
            let next = PassShapes(samples: samples)
            _ = try pass(of: task, fields(samples), next)
            if next.matches(shapes) {
                return try onnx(of: task, samples: samples, shapes, preparation, keepsFunctions)
            }
            shapes = next
        }
        throw ONNXError(
            "the network cannot be exported to ONNX: it computes otherwise for each number of samples")
    }

    private func onnx(
        of task: some ExportableTask, samples: Int, _ shapes: PassShapes,
        _ preparation: InputPreparation?, _ keepsFunctions: Bool
    ) throws -> ONNXModel {
        let export = ONNXExport(samples: samples, shapes: shapes)
        let fields = fields(samples)
        let inputs = schema.indices(.input)
        for (index, field) in schema.fields.enumerated() {
            guard field.type != .uint8 else { continue }
            let prepared = inputs == [index] ? preparation : nil
            export.addInput(field.name, fields[index], isDouble: prepared?.isDouble ?? false) {
                prepared?.add(to: export, $0, fields[index].shape) ?? $0
            }
        }
        for output in try pass(of: task, fields, export) {
            try export.addOutput(output.name, output.variable) { output.units.add(to: export, $0) }
        }
        return try export.finish(
            name: configuration.model.name, producer: ("lockstep", Versions.lockstep),
            metadata: metadata(task, features: preparation?.names ?? []), keepsFunctions: keepsFunctions)
    }

    private func fields(_ samples: Int) -> FieldTensors { FieldTensors(zeros: schema, count: samples) }

    /// A forward pass in inference mode that a recorder sees.
    private func pass(
        of task: some ExportableTask, _ fields: FieldTensors, _ recorder: any TapeRecorder
    ) throws -> [ExportedOutput] {
        let tape = Tape(pool: StoragePool())
        tape.recorder = recorder
        tape.begin(mode: .inference)
        let outputs = try task.exportedOutputs(Batch(fields, tape: tape))
        if let failure = tape.failure { throw failure }
        return outputs
    }

    private func metadata(_ task: some ExportableTask, features: [String]) -> [(name: String, text: String)] {
        func list(_ texts: [String]) -> String {
            String(JSONText.list(texts.map { .text($0) }).line.dropLast())
        }
        var metadata = [(name: "task", text: "\(type(of: task))"), (name: "step", text: "\(step)")]
        if !task.exportedClasses.isEmpty { metadata.append(("classes", list(task.exportedClasses))) }
        if !features.isEmpty { metadata.append(("features", list(features))) }
        return metadata
    }
}
