// swift-tools-version: 6.3
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
]

let strictC: [CSetting] = [
    .treatAllWarnings(as: .error)
]

func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func test(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["TestSupport"], exclude: [], swiftSettings: strict)
}

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "Lockstep",
    products: [
        .library(name: "Lockstep", targets: ["Lockstep"]),
        .executable(name: "lockstep", targets: ["LockstepCommand"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "CMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "COneDNN", cSettings: strictC, linkerSettings: [.linkedLibrary("dnnl")]),
        .target(name: "CKernels", cSettings: strictC),

        library("LockstepContracts", []),
        library("LockstepFiles", ["CKernels"]),
        library("LockstepProcess", ["CKernels"]),
        library("LockstepRanges", []),
        library("LockstepTimeline", ["CKernels"]),
        library("LockstepText", []),
        library(
            "LockstepFaults", ["LockstepFiles", "LockstepProcess", "LockstepText", "LockstepTimeline"]),
        library("LockstepTensors", ["LockstepContracts", "CKernels"]),
        library("LockstepAutograd", ["LockstepContracts", "LockstepTensors", "CKernels"]),
        library(
            "LockstepOperations", ["LockstepContracts", "LockstepAutograd", "COneDNN", "CKernels"]),
        library("LockstepLayers", ["LockstepContracts", "LockstepOperations"]),
        library("LockstepModels", ["LockstepLayers", "LockstepRanges"]),
        library("LockstepOptimizers", ["LockstepTensors", "LockstepRanges", "CKernels"]),
        library(
            "LockstepCollectives",
            [
                "LockstepContracts", "LockstepFaults", "LockstepProcess", "LockstepTimeline", "CMPI",
                "CKernels",
            ]),
        library(
            "LockstepDataParallel",
            ["LockstepContracts", "LockstepAutograd", "LockstepOptimizers", "LockstepCollectives"]),
        library(
            "LockstepDatasets",
            [
                "LockstepContracts", "LockstepFiles", "LockstepProcess", "LockstepTimeline",
                "LockstepTensors",
                "LockstepRanges", "CKernels", "CZlib",
            ]),
        library(
            "LockstepCheckpoints",
            [
                "LockstepContracts", "LockstepFiles", "LockstepProcess", "LockstepText", "LockstepTensors",
                "CKernels", "CZlib",
            ]),
        library(
            "LockstepTraining",
            [
                "LockstepContracts", "LockstepFiles", "LockstepProcess", "LockstepText", "LockstepFaults",
                "LockstepModels", "LockstepOptimizers", "LockstepDataParallel", "LockstepDatasets",
                "LockstepCheckpoints", "LockstepRanges", logging, yams,
            ]),
        library("Lockstep", ["LockstepFaults", "LockstepTraining"]),
        library(
            "LockstepDoctor", ["LockstepCollectives", "LockstepOperations", "LockstepProcess", "CKernels"]),
        .executableTarget(
            name: "LockstepCommand",
            dependencies: [
                "LockstepFaults", "LockstepTraining", "LockstepCheckpoints", "LockstepModels",
                "LockstepDatasets", "LockstepDoctor", "LockstepProcess", "LockstepText",
                arguments,
            ],
            swiftSettings: strict),

        .executableTarget(
            name: "CustomModel", dependencies: ["Lockstep"], path: "Examples/CustomModel",
            swiftSettings: strict),
        .executableTarget(
            name: "ExperimentProbe", dependencies: ["LockstepTraining"], swiftSettings: strict),
        .executableTarget(
            name: "CheckpointProbe", dependencies: ["LockstepCheckpoints"], swiftSettings: strict),
        .executableTarget(name: "FaultProbe", dependencies: ["LockstepTraining"], swiftSettings: strict),
        .executableTarget(name: "LoopProbe", dependencies: ["Lockstep"], swiftSettings: strict),
        .executableTarget(
            name: "FuzzProbe",
            dependencies: [
                "LockstepFaults", "LockstepTraining", "LockstepCheckpoints", "LockstepCollectives",
            ],
            swiftSettings: strict),
        .target(name: "CAllocationCounter", cSettings: strictC),
        .executableTarget(
            name: "AllocationProbe", dependencies: ["Lockstep", "LockstepTraining", "CAllocationCounter"],
            swiftSettings: strict),

        library("TestSupport", ["LockstepAutograd"]),
        .executableTarget(
            name: "RankTests", dependencies: ["LockstepDataParallel", "TestSupport"], swiftSettings: strict),

        test("CKernelsTests", ["CKernels"]),
        test("LockstepFilesTests", ["LockstepFiles"]),
        test("LockstepProcessTests", ["LockstepProcess"]),
        test("LockstepTensorsTests", ["LockstepTensors"]),
        test("LockstepAutogradTests", ["LockstepAutograd"]),
        test("LockstepOperationsTests", ["LockstepOperations"]),
        test("LockstepLayersTests", ["LockstepLayers"]),
        test("LockstepModelsTests", ["LockstepModels"]),
        test("LockstepOptimizersTests", ["LockstepOptimizers"]),
        test("LockstepCollectivesTests", ["LockstepCollectives", "RankTests"]),
        test("LockstepDataParallelTests", ["LockstepDataParallel", "RankTests"]),
        test("LockstepDatasetsTests", ["LockstepDatasets"]),
        test("LockstepCheckpointsTests", ["LockstepCheckpoints", "CheckpointProbe"]),
        test("LockstepTrainingTests", ["LockstepFaults", "LockstepTraining"]),
        test("LockstepDoctorTests", ["LockstepDoctor"]),
        test(
            "EndToEndTests",
            [
                "LockstepCommand", "CustomModel", "AllocationProbe", "ExperimentProbe", "FaultProbe",
                "LoopProbe",
                yams,
            ]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu17
)
