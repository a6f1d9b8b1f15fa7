// swift-tools-version: 6.3
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
]

let strictC: [CSetting] = [
    .treatAllWarnings(as: .error)
]

func library(
    _ name: String, _ dependencies: [Target.Dependency], settings: [SwiftSetting] = []
) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict + settings)
}

func test(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, swiftSettings: strict)
}

/// A program of a user, in Examples/.
func example(_ name: String, _ runFiles: String...) -> Target {
    .executableTarget(
        name: name, dependencies: ["Lockstep"], path: "Examples/\(name)",
        exclude: runFiles, swiftSettings: strict)
}

/// A program that tests run.
func probe(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, path: "Tests/Probes/\(name)", swiftSettings: strict)
}

/// The MPI library by the name of its pkg-config file: LOCKSTEP_MPI=mpich builds for MPICH 4, in a separate build folder.
let mpi = Context.environment["LOCKSTEP_MPI"] ?? "ompi-c"

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "Lockstep",
    products: [
        .library(name: "Lockstep", targets: ["Lockstep"]),
        .library(name: "LockstepTesting", targets: ["LockstepTesting"]),
        .executable(name: "lockstep", targets: ["LockstepCommand"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "CMPI", pkgConfig: mpi, providers: [.apt(["libopenmpi-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .target(name: "CHDF5Reader", cSettings: strictC),
        .target(name: "COneDNN", cSettings: strictC, linkerSettings: [.linkedLibrary("dnnl")]),
        .target(name: "CKernels", cSettings: strictC),
        .target(
            name: "CImages", dependencies: ["CKernels"], cSettings: strictC,
            linkerSettings: [.linkedLibrary("jpeg"), .linkedLibrary("png"), .linkedLibrary("tiff")]),
        .target(name: "CSound", cSettings: strictC, linkerSettings: [.linkedLibrary("sndfile")]),

        // From the bottom to the top: a target imports only targets above it in this list.
        library("LockstepContracts", []),
        library("LockstepTokens", []),
        library("LockstepProcess", ["CKernels"]),
        library("LockstepTimeline", ["CKernels"]),
        library("LockstepText", ["CKernels"]),
        library("LockstepFiles", ["CKernels"]),
        library("LockstepCharts", ["LockstepText"]),
        library("LockstepConfiguration", ["LockstepContracts", "LockstepText", yams]),
        library(
            "LockstepFaults",
            ["LockstepContracts", "LockstepFiles", "LockstepProcess", "LockstepText", "LockstepTimeline"]),
        library("LockstepTensors", ["LockstepContracts", "CKernels"]),
        library("LockstepPictures", ["LockstepContracts", "LockstepFiles", "LockstepTensors", "CZlib"]),
        library("LockstepAutograd", ["LockstepContracts", "LockstepTensors", "CKernels"]),
        library("LockstepONNX", ["LockstepContracts", "LockstepTensors", "LockstepAutograd"]),
        library(
            "LockstepOperations",
            [
                "LockstepContracts", "LockstepTensors", "LockstepAutograd", "LockstepONNX", "COneDNN",
                "CKernels",
            ]),
        library(
            "LockstepLayers",
            ["LockstepContracts", "LockstepTensors", "LockstepAutograd", "LockstepOperations"]),
        library(
            "LockstepModels",
            [
                "LockstepContracts", "LockstepConfiguration", "LockstepTensors", "LockstepAutograd",
                "LockstepOperations",
                "LockstepLayers",
            ]),
        library("LockstepOptimizers", ["LockstepContracts", "LockstepConfiguration", "CKernels"]),
        library(
            "LockstepCollectives",
            [
                "LockstepContracts", "LockstepProcess", "LockstepTimeline", "LockstepFaults", "CMPI",
                "CKernels",
            ], settings: mpi.contains("mpich") ? [.define("MPICH")] : []),
        library(
            "LockstepDataParallel",
            [
                "LockstepContracts", "LockstepTimeline", "LockstepTensors", "LockstepAutograd",
                "LockstepOptimizers",
                "LockstepCollectives", "CKernels",
            ]),
        library(
            "LockstepReaders",
            ["LockstepContracts", "LockstepTensors", "CImages", "CSound", "CZlib", "CZstd", "CHDF5Reader"]),
        library(
            "LockstepDatasets",
            [
                "LockstepContracts", "LockstepProcess", "LockstepTimeline", "LockstepFiles",
                "LockstepConfiguration",
                "LockstepTensors", "LockstepReaders", "LockstepTokens", "CKernels", "CZlib",
            ]),
        library("LockstepDescription", ["LockstepText", "LockstepReaders"]),
        library(
            "LockstepCheckpoints",
            [
                "LockstepContracts", "LockstepProcess", "LockstepText", "LockstepFiles", "CKernels", "CZlib",
            ]),
        library("LockstepMetrics", ["LockstepContracts"]),
        library(
            "LockstepRunLog",
            [
                "LockstepTimeline", "LockstepText", "LockstepFiles", "LockstepFaults", "LockstepCheckpoints",
                "LockstepMetrics", logging,
            ]),
        library(
            "LockstepTrackers",
            [
                "LockstepText", "LockstepFiles", "LockstepConfiguration", "LockstepPictures",
                "LockstepMetrics", "LockstepRunLog",
            ]),
        library(
            "LockstepTasks",
            [
                "LockstepContracts", "LockstepText", "LockstepConfiguration", "LockstepTensors",
                "LockstepAutograd",
                "LockstepOperations", "LockstepLayers", "LockstepModels", "LockstepDatasets",
                "LockstepMetrics",
            ]),
        library(
            "LockstepExperiment",
            [
                "LockstepContracts", "LockstepProcess", "LockstepTimeline", "LockstepText",
                "LockstepConfiguration",
                "LockstepTensors",
                "LockstepAutograd", "LockstepOperations", "LockstepLayers", "LockstepModels",
                "LockstepOptimizers",
                "LockstepCollectives", "LockstepDataParallel", "LockstepReaders", "LockstepDatasets",
                "LockstepCheckpoints",
                "LockstepMetrics", "LockstepRunLog", "LockstepTrackers", "LockstepTasks",
            ]),
        library(
            "LockstepTraining",
            [
                "LockstepContracts", "LockstepProcess", "LockstepTimeline", "LockstepText", "LockstepFiles",
                "LockstepConfiguration", "LockstepFaults", "LockstepTensors", "LockstepAutograd",
                "LockstepOperations",
                "LockstepLayers", "LockstepModels", "LockstepOptimizers", "LockstepCollectives",
                "LockstepDataParallel",
                "LockstepDatasets", "LockstepPictures", "LockstepCheckpoints", "LockstepMetrics",
                "LockstepRunLog", "LockstepTrackers", "LockstepTasks",
                "LockstepExperiment",
            ]),
        library(
            "LockstepInference",
            [
                "LockstepContracts", "LockstepProcess", "LockstepText", "LockstepFiles",
                "LockstepConfiguration", "LockstepTensors",
                "LockstepAutograd", "LockstepONNX", "LockstepOperations", "LockstepLayers",
                "LockstepCollectives",
                "LockstepDatasets", "LockstepTokens", "LockstepCheckpoints", "LockstepMetrics",
                "LockstepRunLog",
                "LockstepTasks", "LockstepExperiment",
            ]),
        library(
            "LockstepReports",
            [
                "LockstepTimeline", "LockstepText", "LockstepFiles", "LockstepFaults", "LockstepCharts",
                "LockstepMetrics", "LockstepRunLog", "LockstepTraining", "LockstepInference",
            ]),
        library(
            "LockstepBenchmarks",
            [
                "LockstepTimeline", "LockstepText", "LockstepTensors", "LockstepAutograd",
                "LockstepOperations",
                "LockstepCollectives",
                "LockstepDataParallel", "LockstepDatasets", "LockstepCheckpoints", "LockstepRunLog",
                "LockstepTasks", "LockstepExperiment", "LockstepTraining",
            ]),
        library(
            "LockstepDoctor",
            ["LockstepProcess", "LockstepTensors", "LockstepOperations", "LockstepCollectives", "CKernels"]),
        library(
            "LockstepCommands",
            [
                "LockstepProcess", "LockstepText", "LockstepConfiguration", "LockstepFaults",
                "LockstepOptimizers",
                "LockstepCollectives", "LockstepDatasets", "LockstepCheckpoints", "LockstepExperiment",
                "LockstepTraining", "LockstepInference", "LockstepRunLog", "LockstepReports",
                "LockstepDescription", "LockstepBenchmarks", "LockstepDoctor", arguments,
            ]),
        library(
            "Lockstep",
            [
                "LockstepContracts", "LockstepFaults", "LockstepTensors", "LockstepAutograd",
                "LockstepONNX", "LockstepOperations",
                "LockstepLayers",
                "LockstepModels", "LockstepOptimizers", "LockstepCollectives", "LockstepDataParallel",
                "LockstepReaders", "LockstepDatasets", "LockstepCheckpoints", "LockstepConfiguration",
                "LockstepMetrics",
                "LockstepRunLog", "LockstepTrackers", "LockstepTasks", "LockstepExperiment",
                "LockstepTraining",
                "LockstepInference", "LockstepCommands", "LockstepPictures", "LockstepTokens",
            ]),
        library("LockstepTesting", ["LockstepContracts", "LockstepTensors", "LockstepAutograd"]),
        .executableTarget(name: "LockstepCommand", dependencies: ["LockstepCommands"], swiftSettings: strict),

        .executableTarget(
            name: "CustomModel", dependencies: ["Lockstep"], path: "Examples/CustomModel",
            swiftSettings: strict),
        example("SpeechDigits", "speech-digits.yaml"),
        example("Backpropagation"), example("TwoTower", "two-tower.yaml"),
        example("CartPole", "cart-pole.yaml"), example("CustomLoop"),
        example("VAE", "vae.yaml"), example("Waves", "waves.yaml"),
        example("ConditionalGAN", "conditional-gan.yaml", "generated.yaml"),
        example("Segmentation", "segmentation.yaml"), example("Recommender", "recommender.yaml"),

        probe(
            "ExperimentProbe",
            [
                "LockstepTensors", "LockstepDataParallel", "LockstepCheckpoints", "LockstepExperiment",
                "LockstepTraining",
            ]),
        probe("CheckpointProbe", ["LockstepCheckpoints"]),
        probe(
            "FaultProbe",
            ["LockstepTensors", "LockstepCollectives", "LockstepExperiment", "LockstepTraining"]),
        probe("LoopProbe", ["Lockstep"]),
        probe(
            "FuzzProbe",
            [
                "LockstepFaults", "LockstepConfiguration", "LockstepCollectives", "LockstepCheckpoints",
                "LockstepExperiment", "LockstepTraining", "LockstepInference",
            ]),
        .target(
            name: "CAllocationCounter", path: "Tests/Probes/CAllocationCounter", cSettings: strictC),
        probe(
            "AllocationProbe",
            [
                "Lockstep", "LockstepCollectives", "LockstepExperiment", "LockstepTraining",
                "CAllocationCounter",
            ]),
        probe(
            "RankTests",
            [
                "LockstepTensors", "LockstepAutograd", "LockstepOperations", "LockstepLayers",
                "LockstepOptimizers", "LockstepCollectives", "LockstepDataParallel",
            ]),
        .target(
            name: "TestSupport", dependencies: ["LockstepTesting"], path: "Tests/TestSupport",
            swiftSettings: strict),

        test("CKernelsTests", ["CKernels"]),
        test("LockstepChartsTests", ["LockstepCharts"]),
        test("LockstepFilesTests", ["LockstepFiles"]),
        test("LockstepPicturesTests", ["LockstepTensors", "LockstepPictures", "CZlib"]),
        test("LockstepProcessTests", ["LockstepProcess"]),
        test("LockstepTokensTests", ["LockstepTokens"]),
        test("LockstepTensorsTests", ["LockstepTensors"]),
        test("LockstepONNXTests", ["LockstepONNX"]),
        test("LockstepAutogradTests", ["LockstepTensors", "LockstepAutograd"]),
        test(
            "LockstepOperationsTests",
            [
                "LockstepText", "LockstepTensors", "LockstepAutograd", "LockstepOperations",
                "LockstepTesting",
            ]),
        test(
            "LockstepLayersTests",
            ["LockstepTensors", "LockstepAutograd", "LockstepOperations", "LockstepLayers"]),
        test(
            "LockstepModelsTests",
            ["LockstepTensors", "LockstepAutograd", "LockstepOperations", "LockstepLayers", "LockstepModels"]),
        test("LockstepOptimizersTests", ["LockstepConfiguration", "LockstepOptimizers"]),
        test("LockstepCollectivesTests", ["LockstepCollectives", "RankTests", "TestSupport"]),
        test(
            "LockstepDataParallelTests",
            [
                "LockstepTensors", "LockstepAutograd", "LockstepOperations", "LockstepLayers",
                "LockstepOptimizers", "LockstepCollectives", "LockstepDataParallel", "RankTests",
                "TestSupport",
            ]),
        test(
            "LockstepDatasetsTests",
            [
                "LockstepText", "LockstepConfiguration", "LockstepTensors", "LockstepReaders",
                "LockstepTokens",
                "LockstepDatasets", "LockstepTasks",
            ]),
        test("LockstepCheckpointsTests", ["LockstepCheckpoints", "CheckpointProbe", "TestSupport"]),
        test(
            "LockstepTrainingTests",
            [
                "LockstepTimeline", "LockstepText", "LockstepConfiguration", "LockstepFaults",
                "LockstepTensors",
                "LockstepAutograd", "LockstepONNX", "LockstepOperations", "LockstepLayers", "LockstepModels",
                "LockstepOptimizers",
                "LockstepCollectives", "LockstepDataParallel",
                "LockstepDatasets", "LockstepCheckpoints", "LockstepMetrics", "LockstepRunLog",
                "LockstepTasks",
                "LockstepExperiment", "LockstepTraining", "LockstepInference", "LockstepBenchmarks", logging,
            ]),
        test(
            "LockstepReportsTests",
            [
                "LockstepTimeline", "LockstepCharts", "LockstepMetrics", "LockstepRunLog",
                "LockstepInference", "LockstepReports",
            ]),
        test(
            "LockstepTrackersTests",
            ["LockstepPictures", "LockstepMetrics", "LockstepRunLog", "LockstepTrackers"]),
        test("LockstepDoctorTests", ["LockstepDoctor", "TestSupport"]),
        test(
            "EndToEndTests",
            [
                "LockstepTensors", "LockstepRunLog", "LockstepTesting", "LockstepCommand", "CustomModel",
                "Backpropagation",
                "TwoTower", "CartPole", "CustomLoop", "VAE", "Waves", "ConditionalGAN", "Segmentation",
                "Recommender",
                "SpeechDigits",
                "AllocationProbe",
                "ExperimentProbe", "FaultProbe", "LoopProbe", "TestSupport", yams,
            ]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu17
)
