import ArgumentParser
import Foundation
import LockstepExperiment
import LockstepProcess
import LockstepTraining

/// `lockstep predict`: the predictions of a checkpoint for every sample.
struct PredictCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Writes a checkpoint's predictions of a set to a CSV file.",
        discussion: """
            One line for each sample, in the set's order: its number, its target, the prediction, and the probability of \
            each class. Of a regression: target and prediction, in the data's own units.

            New data take the place of the test set, and are prepared as the training data were: the checkpoint keeps their \
            statistics, classes and categories, so they need not be there. (Checkpoints of older versions do not; with \
            them the training data are read.) The columns of a CSV table are found by the names in its header, in any order; columns that \
            the training table does not have are ignored, with a warning, and one that is missing is an error. Without header they go by \
            their order. The target column may be left out or be empty, and then the predictions have no column for targets.

            Where inputs and targets have keys of their own (npy, hdf5, sequences, idx), other inputs have no targets unless --set names \
            these, too: the targets in the run file belong to other samples. HDF5 files may lack the data set of targets; other \
            files that have it bring their own targets. With --split validation the targets in the run file remain, with a warning.

            Predictions of image files have a column `file`; a folder without folders of classes has no targets.

            Examples:

              lockstep predict runs/fashion-mlp-20260131-120000 --output predictions.csv
              lockstep predict runs/diamonds-csv-20260131-120000 --set data.csv.test=new.csv --output -
              lockstep predict runs/spectra --set data.hdf5.test=new.h5 --set data.hdf5.test_inputs=/spectra --output -
              lockstep predict runs/image-folder --set data.image_folder.test=photos --output predictions.csv
            """)

    @OptionGroup var options: CheckpointOptions

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The file to write; - for the standard output.", valueName: "file"),
        completion: .file(extensions: ["csv"]))
    var output: String

    func run(_ parts: ProgramParts) throws {
        RankProgram.run { communicator in
            let part = options.split ?? .test
            let removal = part == .test ? parts.registry.removalOfTestTargets(after: options.overrides) : nil
            let model = try options.load(
                communicator, parts, command: "predict", more: removal.map { [$0.change] } ?? [])
            if part == .validation { options.warnOfKeptTargets(part, parts, communicator) }
            let count = try model.predict(part, to: output)
            try options.warn(model, part, communicator)
            let hasTargets = try model.hasTargets(part)
            guard communicator.rank == 0 else { return }
            if !hasTargets {
                let reason =
                    removal.map { "--set names other test inputs without their targets (\($0.key))" }
                    ?? "the \(part.rawValue) set has no targets (of a table: no target column, or an empty one)"
                ErrorReport.write("note: \(reason), so the predictions have no target column")
            }
            if output != "-" {
                try StandardStream.output.write("\(count) predictions are in \(output)\n")
            }
        }
    }
}
