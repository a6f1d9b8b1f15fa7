import ArgumentParser
import LockstepCheckpoints
import LockstepCollectives
import LockstepExperiment
import LockstepInference
import LockstepProcess

/// `lockstep export`: a trained network for other programs.
struct ExportCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes a trained network as a file for other programs.",
        discussion: """
            An ONNX file has the network, its weights, and the preparation of its input (normalization, missing numbers), so it is fed \
            with the data as they are: images as [batch, channels, height, width], rows of a table as their numbers, with a 1 and zeros \
            for each category, bytes of a text as whole numbers. Any number of samples can be computed at once. A classifier has the \
            outputs logits and probabilities, and its classes in the file's metadata. The data need not be there.

            Examples:

              lockstep export runs/fashion-resnet-20260131-120000 --onnx resnet.onnx
              lockstep export runs/first/checkpoints/step-00000200 --onnx first.onnx
            """)

    @Argument(
        help:
            "The directory of a run, whose newest checkpoint is taken (with early_stopping.restore_best the best one), or of a checkpoint.",
        completion: .directory)
    var path: String

    @Flag(help: "Take the run's checkpoint with the best validation metric.")
    var best = false

    @Option(
        help: ArgumentHelp("The ONNX file to write.", valueName: "file"),
        completion: .file(extensions: ["onnx"]))
    var onnx: String

    @Option(
        help: ArgumentHelp(
            "The run file, for a checkpoint that is no longer in its run's directory.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    func run(_ parts: ProgramParts) throws {
        RankProgram.run { communicator in
            let model = try TrainedModel(
                communicator: communicator, path: path, choice: best ? .best : .configured,
                configuration: config, model: parts.model, registry: parts.registry,
                command: LoadingCommand(program: ProgramParts.programName, name: "export"))
            let report = try communicator.together { () -> String in
                guard communicator.rank == 0 else { return "" }
                try HomePath.require(onnx, option: "--onnx")
                for refusal in model.refusals { ErrorReport.write("warning: \(refusal)") }
                return try model.exportONNX(to: onnx)
            }
            if communicator.rank == 0 { try StandardStream.output.write(report) }
        }
    }
}
