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

            A PyTorch module is a Python file that needs torch only, and a safetensors file of the weights beside it. It has the \
            same network \
            and the same preparation: load() gives the network, whose predict() gives names of classes and probabilities, and \
            encode() makes \
            its input from rows of a table or from a text.

            Examples:

              lockstep export runs/fashion-resnet-20260131-120000 --onnx resnet.onnx
              lockstep export runs/first/checkpoints/step-00000200 --onnx first.onnx
              lockstep export runs/fashion-resnet-20260131-120000 --torch resnet.py
            """)

    @OptionGroup var checkpoint: CheckpointArguments

    @Option(
        help: ArgumentHelp("The ONNX file to write.", valueName: "file"),
        completion: .file(extensions: ["onnx"]))
    var onnx: String?

    @Option(
        help: ArgumentHelp(
            "The Python file of a PyTorch module to write; its weights come into a file beside it.",
            valueName: "file"),
        completion: .file(extensions: ["py"]))
    var torch: String?

    func validate() throws {
        guard onnx != nil || torch != nil else {
            throw ValidationError("Name the file to write with --onnx FILE or --torch FILE.")
        }
    }

    func run(_ parts: ProgramParts) throws {
        RankProgram.run { communicator in
            let model = try TrainedModel(
                communicator: communicator, path: checkpoint.path, choice: checkpoint.choice,
                configuration: checkpoint.config, model: parts.model, registry: parts.registry,
                command: LoadingCommand(program: ProgramParts.programName, name: "export"))
            let report = try communicator.together { () -> String in
                guard communicator.rank == 0 else { return "" }
                if let onnx { try HomePath.require(onnx, option: "--onnx") }
                if let torch { try HomePath.require(torch, option: "--torch") }
                CheckpointArguments.warn(of: model.refusals)
                return try [onnx.map(model.exportONNX), torch.map(model.exportTorch)].compactMap { $0 }
                    .joined(separator: "\n")
            }
            if communicator.rank == 0 { try StandardStream.output.write(report) }
        }
    }
}
