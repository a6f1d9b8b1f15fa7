import Foundation
import LockstepTesting
import Testing

private let package = URL(fileURLWithPath: #filePath).appendingPathComponent("../../..").standardized.path

@Suite(.serialized) struct TrainingTests {
    @Test func sameBitsOnOneTwoAndThreeRanks() throws {
        let comparison = RankComparison(program: ProgramRun.product("Spectra"))
        let differences = try comparison.differences { directory in
            [
                "train", "\(package)/spectra.yaml", "--run-dir", directory, "--set", "epochs=4",
                "--set", "data.spectra.training=\(package)/Data/training.txt",
                "--set", "data.spectra.test=\(package)/Data/test.txt",
            ]
        }
        #expect(differences.isEmpty, "\(differences)")
    }
}
