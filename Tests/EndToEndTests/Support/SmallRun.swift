/// A directory with the run file of a small network on synthetic data, and a run directory in it.
struct SmallRun {
    let directory: TemporaryDirectory
    /// The run file.
    let file: String
    /// The run directory.
    var path: String { directory.path("run") }

    /// - Parameter settings: further lines of the run file, such as `max_steps: 40`.
    init(_ settings: String) throws {
        directory = try TemporaryDirectory()
        file = try directory.write(
            "run.yaml",
            """
            model: {mlp: {hidden: [8]}}
            data: {synthetic: {samples: 2000, shape: [4], classes: 3, validation: 0.2}}
            batch: 100
            optimizer: {sgd: {learning_rate: 0.1}}
            \(settings)
            """)
    }
}
