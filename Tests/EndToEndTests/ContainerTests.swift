import Foundation
import Testing

private let hasPython = FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")
private let hasDebootstrap =
    getuid() == 0 && FileManager.default.isExecutableFile(atPath: "/usr/sbin/debootstrap")

/// cluster/container: the Containerfile's steps, carried out without an engine.
@Suite(.serialized, .enabled(if: hasPython, "there is no python3")) struct ContainerTests {
    private static let script = CommandRunner.repository.appendingPathComponent("cluster/container/run-steps")
        .path

    private func check(_ arguments: [String]) throws -> CommandResult {
        try CommandRunner.run(
            "/usr/bin/python3",
            [ContainerTests.script, "--binary", CommandRunner.command, "--check"] + arguments,
            timeout: 30)
    }

    @Test func theFileIsUnderstood() throws {
        let result = try check([])
        #expect(result.status == 0, "\(result.output)")
    }

    @Test(arguments: [
        ("FROM debian:bookworm\nADD x /x\n", ":2: ADD is not an instruction"),
        ("FROM debian:bookworm\nRUN --mount=type=cache,target=/x true\n", ":2: RUN must be a shell command"),
        ("FROM debian:bookworm\nCOPY nowhere /x\n", ":2: COPY there is no nowhere"),
        ("FROM debian:bookworm\nCOPY --chown=1 README.md /x\n", "option that is not carried out: --chown=1"),
        (
            "FROM debian:bookworm\n# a note\nCOPY --from=other a /x\n",
            ":3: COPY --from=other: there is no such"
        ),
        ("FROM debian:bookworm\nENTRYPOINT run me\n", ":2: ENTRYPOINT must be a JSON list"),
        ("FROM debian:bookworm\nENV A=$B\n", ":2: ENV must be NAME=VALUE"),
        ("FROM debian:bookworm\nRUN a && \\\n", ":2: the last line is continued"),
        ("RUN true\n", ":1: RUN stands before the first FROM"), ("", "there is no FROM"),
    ]) func whatIsNotKnownIsRefused(_ text: String, _ message: String) throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("Containerfile", text)
        let result = try check(["--file", file])
        #expect(result.status == 1 && result.output.contains(message), "\(result.output)")
    }

    @Test(
        .enabled(if: CommandRunner.runsAll, "takes minutes, and a Debian mirror: scripts/test --all"),
        .enabled(if: hasDebootstrap, "needs root and debootstrap"))
    func stepsMakeAnImageThatTrains() throws {
        let result = try CommandRunner.run(
            "/usr/bin/python3", [ContainerTests.script, "--binary", CommandRunner.command], timeout: 900)
        #expect(result.status == 0 && !result.timedOut, "\(result.tail)")
        #expect(result.output.contains("2 on 2 hosts"), "\(result.tail)")
    }
}
