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
            their order. The target column may be left out, and so may test_targets of arrays and sequences, test_labels of IDX files and \
            the data set of targets of HDF5 files: then the predictions have no column for targets. \
            Predictions of image files have a column \
            `file`; a folder without folders of classes has no targets.

            Examples:

              lockstep predict runs/fashion-mlp-20260131-120000 --output predictions.csv
              lockstep predict runs/diamonds-csv-20260131-120000 --set data.csv.test=new.csv --output -
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
            let model = try options.load(communicator, parts, command: "predict")
            let part = options.split ?? .test
            let count = try model.predict(part, to: output)
            try options.warn(model, part, communicator)
            let hasTargets = try model.hasTargets(part)
            guard communicator.rank == 0 else { return }
            if !hasTargets {
                ErrorReport.write(
                    "note: the \(part.rawValue) set has no targets (for a table: no target column), "
                        + "so the predictions have no target column"
                )
            }
            if output != "-" {
                try StandardStream.output.write("\(count) predictions are in \(output)\n")
            }
        }
    }
}
