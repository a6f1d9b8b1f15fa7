// swift-tools-version: 6.0
// A package that adds parts to Lockstep. Outside of the repository the dependency is
// .package(url: "https://...", from: "..."), and nothing else differs.
import PackageDescription

let lockstep = Target.Dependency.product(name: "Lockstep", package: "Lockstep")
let testing = Target.Dependency.product(name: "LockstepTesting", package: "Lockstep")

let package = Package(
    name: "Spectra",
    dependencies: [.package(name: "Lockstep", path: "../..")],
    targets: [
        .executableTarget(name: "Spectra", dependencies: [lockstep]),
        .testTarget(name: "SpectraTests", dependencies: ["Spectra", lockstep, testing]),
    ],
    swiftLanguageModes: [.v6]
)
