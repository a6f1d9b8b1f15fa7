import Foundation
import Testing

/// Every command of cluster/README.md works, on a test bed.
@Suite(.serialized, .enabled(if: Testbed.unavailable == nil, Comment(rawValue: Testbed.unavailable ?? "")))
struct ClusterPageTests {
    @Test func commandsOfThePage() throws {
        let directory = try DocumentationPage.workingDirectory()
        let bed = try Testbed("--hosts", "2", "--slots", "2", "--prefix", "node", "--port", "22")
        let blocks = try DocumentationPage("cluster/README.md").blocks.filter { $0.language == "sh" }.map(
            \.text)
        #expect(blocks.count >= 10)
        // The tests have built the command already. A newcomer has no port to name.
        let plain = "unset LOCKSTEP_SSH_OPTIONS OMPI_MCA_plm_rsh_args PRTE_MCA_plm_ssh_args\n"
        var output = ""
        for block in blocks where !block.hasPrefix("swift build") {
            let script = "cd '\(directory.url.path)'; set -eux\n" + block
            let result: CommandResult
            if block.contains("cluster/testbed") {
                let own = try Testbed()
                result = try CommandRunner.run(
                    "/bin/bash", ["-c", script],
                    environment: ["LOCKSTEP_TESTBED": own.state, "LOCKSTEP_BINARY": CommandRunner.command],
                    timeout: 120)
                #expect(try own.remains() == [])
            } else {
                result = try bed.run(["run", "bash", "-c", plain + script], timeout: 120)
            }
            #expect(result.status == 0 && !result.timedOut, "\(block)\n\(result.output)")
            output += result.output
        }
        #expect(output.contains("4 on 2 hosts"))
        #expect(output.contains("2 hosts: 0 problems"))
        #expect(output.contains("No rank failed."))
    }
}
