import Foundation
import Testing

/// scripts/launch leaves nothing behind, also if mpirun or the launcher itself was killed, and depends on
/// none of it.
@Suite(.serialized) struct LauncherRemainsTests {
    private let directory: TemporaryDirectory
    private let file: String

    init() throws {
        directory = try TemporaryDirectory()
        file = try directory.write(
            "run.yaml",
            RunFiles.text(
                model: RunFiles.mlp, data: .fashion, batch: 250, shards: 4, steps: 100_000,
                checkpointEvery: 50))
        try FileManager.default.createDirectory(
            atPath: directory.path("tmp"), withIntermediateDirectories: true)
    }

    /// Starts training in the background, does something when it has begun, and prints its output at the end.
    /// `launcher` and `mpirun` are processes, `segments` names in /dev/shm.
    private func run(_ options: String = "", _ script: String) throws -> CommandResult {
        let shell = """
            before=$(ls /dev/shm | grep _segment; echo none)
            set -u
            "\(CommandRunner.launcher)" -n 2 \(options) train "\(file)" --run-dir run >output 2>&1 &
            launcher=$!
            until [ -s run/metrics.jsonl ]; do sleep 0.1; done
            # The launcher looks for its ranks twice a second at first.
            sleep 2
            mpirun=$(pgrep -P $launcher -x mpirun)
            # Those of this job; other jobs may have left some.
            segments=$(ls /dev/shm | grep _segment | grep -vxF "$before" | tr '\\n' '|')
            \(script)
            cat output
            """
        return try CommandRunner.run(
            "/bin/bash", ["-c", shell],
            environment: [
                "LOCKSTEP_BINARY": CommandRunner.command, "TMPDIR": directory.path("tmp"),
                "XDG_RUNTIME_DIR": "",
            ], directory: directory.url, timeout: 90)
    }

    @Test func anMPIRunThatIsKilledLeavesNothing() throws {
        let result = try run(
            "",
            """
            kill -KILL $mpirun
            wait $launcher; echo "status $?"
            ls "$TMPDIR"
            echo "end"
            for name in ${segments//|/ }; do [ ! -e "/dev/shm/$name" ] || grep -qs "$name" /proc/[0-9]*/maps || echo "left $name"; done
            """)
        #expect(result.output.hasPrefix("status 137\nend\n"), "\(result.output)")
        #expect(!result.output.contains("\nleft "), "\(result.output)")
    }

    /// The next launch removes the files of a killed one, unless its job continues.
    @Test func aLauncherThatIsKilledIsTidiedUpAfter() throws {
        let program = try directory.write("program", "#!/bin/bash\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        let next = "\"\(CommandRunner.launcher)\" -n 1 ./program >/dev/null 2>&1; echo \"next $?\""
        let result = try run(
            "",
            """
            kill -KILL $launcher
            wait $launcher
            \(next)
            ls -d "$TMPDIR"/lockstep-launch-* | wc -l
            kill -0 $mpirun && echo "job goes on"
            kill -TERM $mpirun
            while kill -0 $mpirun; do sleep 0.2; done 2>/dev/null
            sleep 3
            \(next)
            ls "$TMPDIR"
            echo "end"
            """)
        #expect(result.output.contains("next 0\n1\njob goes on\nnext 0\nend\n"), "\(result.output)")
    }

    /// Those who clean /tmp do not end a run, nor keep it from being started again.
    @Test func theTemporaryFolderMayBeRemoved() throws {
        let result = try run(
            "--max-restarts 2 --log-dir logs",
            """
            rm -rf "$TMPDIR"/lockstep-launch-*
            kill -KILL $(pgrep -P $mpirun | tail -1)
            until sed -n '/Resuming run/,$p' output | grep -q samples/s; do sleep 0.2; done
            rm -rf "$TMPDIR"/lockstep-launch-*
            kill -TERM $launcher
            wait $launcher; echo "status $?"
            ls "$TMPDIR"
            echo "end"
            """)
        #expect(result.output.hasPrefix("status 0\nend\n"), "\(result.output)")
    }

    /// A folder that only looks like a launcher's is not touched, nor one whose launcher lives.
    @Test func nothingElseIsRemoved() throws {
        let program = try directory.write("program", "#!/bin/bash\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        let script = """
            mkdir -p $TMPDIR/lockstep-launch-aaaaaa $TMPDIR/lockstep-launch-bbbbbb $TMPDIR/lockstep-launch-cccccc $TMPDIR/keep
            touch $TMPDIR/keep/data
            # A launcher that is gone, with a list that names what Open MPI would never have made.
            printf '4000000 1\\n%s-4000000-1\\n' "$(hostname)" >$TMPDIR/lockstep-launch-aaaaaa/owner
            printf '%s\\n' $TMPDIR/keep $TMPDIR/keep/ompi.x/../../keep /dev/shm/none_segment.x >$TMPDIR/lockstep-launch-aaaaaa/traces
            # One that lives, on this machine.
            printf '%s %s\\nx-1-1\\n' $$ "$(sed 's/.*) //' /proc/$$/stat | awk '{ print $20 }')" >$TMPDIR/lockstep-launch-bbbbbb/owner
            "\(CommandRunner.launcher)" -n 1 ./program >/dev/null 2>&1
            find $TMPDIR | sort | sed "s|$TMPDIR||"
            """
        let result = try CommandRunner.run(
            "/bin/bash", ["-c", script],
            environment: ["TMPDIR": directory.path("tmp"), "XDG_RUNTIME_DIR": ""], directory: directory.url,
            timeout: 60)
        #expect(
            result.output
                == "\n/keep\n/keep/data\n/lockstep-launch-bbbbbb\n/lockstep-launch-bbbbbb/owner\n/lockstep-launch-cccccc\n",
            "\(result.output)")
    }
}
