import ArgumentParser
import LockstepDescription
import LockstepExperiment
import LockstepRunLog

/// `lockstep describe`: what is in files of data, what is wrong with them, and a run file for them.
struct DescribeCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract:
            "Looks at files of data: columns, types, ranges, all problems, and a run file to begin with.",
        discussion: """
            It reads tables (CSV, JSON lines), arrays (NPY, NPZ, HDF5, IDX), CIFAR-10, texts, folders of images and of recordings, \
            and tar archives of images; gzip and zstd are unpacked. Several files are one data set. Files are mapped, not loaded: memory \
            stays small for large ones, except for arrays in NPZ and HDF5, of which one is in memory at a time. Of a compressed \
            file the first 256 MiB \
            are unpacked.

            Of several arrays, the inputs are the array with a usual name, such as x, inputs or images, or else the largest with one element \
            for each target. The output says which others are possible; --inputs and --target choose.

            Every problem is listed, the first of each kind with file and line. The run file at the end is complete, and lockstep train \
            accepts it when there are no problems; what it says of columns is a guess to be checked.

            It ends with status 0, or 2 when there are problems or a file cannot be read.

            Examples:

              lockstep describe houses.csv --target price
              lockstep describe 'part-*.csv.gz' --run-file run.yaml
              lockstep describe spectra.h5 --inputs /smoothed --target /angles
              lockstep describe photos/train
            """)

    @Argument(
        help: ArgumentHelp("Files, folders or patterns of one data set.", valueName: "file"),
        completion: .file())
    var files: [String]

    @Option(help: ArgumentHelp("The column of a table, or the array, to predict.", valueName: "name"))
    var target: String?

    @Option(help: ArgumentHelp("The array of inputs, where a file has several.", valueName: "name"))
    var inputs: String?

    @Option(help: ArgumentHelp("The format, where it is not recognized.", valueName: "format"))
    var format: FileFormat?

    @Option(help: ArgumentHelp("Show this many problems of each kind.", valueName: "n"))
    var limit = 10

    @Option(
        help: ArgumentHelp("Write the run file here.", valueName: "file"),
        completion: .file(extensions: ["yaml"]))
    var runFile: String?

    func validate() throws {
        guard (1...100_000).contains(limit) else { throw ValidationError("--limit is from 1 to 100000.") }
    }

    func run(_ parts: ProgramParts) throws {
        let description = try ErrorReport.whileRunning {
            let description = try Describer.describe(
                .init(files: files, format: format, inputs: inputs, target: target, limit: limit))
            if let runFile, let text = description.runFile {
                try replaceFile(runFile, with: text, option: "--run-file")
            }
            return description
        }
        try ErrorReport.print(description.text)
        if !description.problems.isEmpty { throw ExitCode(ExitStatus.mistake.rawValue) }
    }
}

extension FileFormat: ExpressibleByArgument {}
