import Foundation
import Testing

/// A full disk ends a run with one message and status 75, wherever it occurs; with space again the run
/// continues with the bits of an undisturbed one.
@Suite(.serialized) struct FullDiskTests {
    private let directory: TemporaryDirectory
    private let file: String

    init() throws {
        directory = try TemporaryDirectory()
        file = try directory.write("run.yaml", UndisturbedRun.file())
    }

    private func count(_ text: String, in result: CommandResult) -> Int {
        result.output.components(separatedBy: text).count - 1
    }

    /// A checkpoint has 6.1 MiB: two fit, the third does not.
    @Test(.enabled(if: SmallDisk.isPossible, "needs the right to mount"), arguments: [1, 2])
    func inACheckpoint(_ ranks: Int) throws {
        let disk = SmallDisk(place: directory.path("disk"), size: "16m")
        let result = try disk.run(
            """
            run=\(disk.place)/run
            train \(ranks) \(file) --run-dir "$run"; echo "status $?"
            echo "left: $(ls -A "$run/checkpoints" | tr '\\n' ' ')"
            grow
            train \(3 - ranks) \(file) --run-dir "$run" --resume
            """, result: directory.path("result"))
        #expect(result.status == 0 && result.output.contains("status 75\n"), "\(result.output)")
        // The launcher's report does not say it again.
        #expect(count("No space left on device", in: result) == 1, "\(result.output)")
        #expect(result.output.contains("Free some space on its disk, then continue with --resume."))
        #expect(
            result.output.contains("left: latest step-00000030 step-00000060 \n"), "\(result.output)")
        #expect(result.output.contains("after step 60"), "\(result.output)")
        #expect(try UndisturbedRun.difference(from: directory.path("result/run")) == nil)
    }

    /// Rank 0 writes, on h1; the ranks of h2 learn of it in the next step, and end with it.
    @Test(
        .enabled(if: SmallDisk.isPossible, "needs the right to mount"),
        .enabled(if: Testbed.unavailable == nil, Comment(rawValue: Testbed.unavailable ?? "")))
    func inACheckpointOnSeveralHosts() throws {
        let disk = SmallDisk(place: directory.path("disk"), size: "16m")
        let result = try disk.run(
            """
            run=\(disk.place)/run bed='\(Testbed.script)'
            on_hosts() { "$bed" run '\(CommandRunner.launcher)' -n 4 -H h1:2,h2:2 train "$@" --run-dir "$run"; }
            trap '"$bed" down' EXIT
            # Its hosts see the disk, since it is mounted already.
            "$bed" up --hosts 2 --slots 2 || exit 98
            on_hosts \(file); echo "status $?"
            echo "left: $(ls -A "$run/checkpoints" | tr '\\n' ' ')"
            echo "processes: $(grep -lszxF -f <(printf '%s' "$run") /proc/[0-9]*/cmdline | grep -c .)"
            "$LOCKSTEP_BINARY" inspect --verify "$run" || exit 97
            grow
            on_hosts \(file) --resume
            """, result: directory.path("result"), environment: ["LOCKSTEP_TESTBED": directory.path("bed")])
        #expect(result.status == 0 && result.output.contains("status 75\n"), "\(result.output)")
        #expect(count("No space left on device", in: result) == 1, "\(result.output)")
        #expect(result.output.contains("left: latest step-00000030 step-00000060 \n"), "\(result.output)")
        #expect(result.output.contains("processes: 0\n"), "\(result.output)")
        #expect(result.output.contains("after step 60"), "\(result.output)")
        #expect(result.output.contains("4 on 2 hosts"), "\(result.output)")
        #expect(try UndisturbedRun.difference(from: directory.path("result/run")) == nil)
    }

    /// Only the launcher acts: it restarts the run until there is space.
    @Test(.enabled(if: SmallDisk.isPossible, "needs the right to mount"))
    func restartsUntilThereIsRoom() throws {
        let disk = SmallDisk(place: directory.path("disk"), size: "16m")
        let result = try disk.run(
            """
            run=\(disk.place)/run out=\(directory.path("out"))
            touch "$out"
            options=(--max-restarts 9)
            (until [ "$(grep -c '^lockstep: .*No space left' "$out")" -ge 2 ]; do sleep 0.05; done; grow) &
            train 2 \(file) --run-dir "$run" >"$out" 2>&1
            code=$?
            cat "$out"
            wait
            (exit $code)
            """, result: directory.path("result"))
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.contains("launch: restart 2 of 9"), "\(result.output)")
        #expect(try UndisturbedRun.difference(from: directory.path("result/run")) == nil)
    }

    /// The file is on a separate disk, with space for some fifty lines.
    @Test(
        .enabled(if: SmallDisk.isPossible, "needs the right to mount"),
        arguments: [("metrics.jsonl", 1), ("metrics.jsonl", 2), ("train.log", 1), ("train.log", 2)])
    func inALog(_ name: String, _ ranks: Int) throws {
        let disk = SmallDisk(place: directory.path("disk"), size: name == "train.log" ? "8k" : "16k")
        let run = directory.path("run")
        let result = try disk.run(
            """
            mkdir -p \(run)
            echo 'process 1 on nowhere' >\(run)/lock # a run's directory
            ln -s \(disk.place)/\(name) \(run)/\(name)
            train \(ranks) \(file) --run-dir \(run) --progress-interval 0; echo "status $?"
            echo "left: $(ls -A \(run)/checkpoints | tr '\\n' ' ')"
            grow
            train \(3 - ranks) \(file) --run-dir \(run) --resume
            """, result: directory.path("result"))
        #expect(result.status == 0 && result.output.contains("status 75\n"), "\(result.output)")
        #expect(
            result.errors("\(name) cannot be written: No space left on device; free some space") == 1,
            "\(result.output)")
        #expect(result.output.contains("left: latest step-00000030"), "\(result.output)")
        if name == "metrics.jsonl" {
            try FileManager.default.removeItem(atPath: run + "/" + name)
            try FileManager.default.copyItem(
                atPath: directory.path("result/" + name), toPath: run + "/" + name)
        }
        let difference = try UndisturbedRun.difference(from: run)
        #expect(difference == nil, "\(difference ?? "")\n\(result.output)")
    }

    @Test(arguments: [1, 2]) func inTheSummary(_ ranks: Int) throws {
        let run = directory.path("run")
        try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: true)
        // A run's directory.
        try Data("process 1 on nowhere\n".utf8).write(to: URL(fileURLWithPath: run + "/lock"))
        // A disk that is full for the summary alone cannot be had: a folder is in its way.
        let obstacle = run + "/summary.json"
        try FileManager.default.createDirectory(atPath: obstacle, withIntermediateDirectories: true)
        let result = try CommandRunner.lockstep(
            ranks: ranks, ["train", file, "--run-dir", run], timeout: 120)
        #expect(result.status == 75, "\(result.status): \(result.output)")
        #expect(
            result.errors("summary.json cannot be written: Is a directory; choose") == 1, "\(result.output)")
        try FileManager.default.removeItem(atPath: obstacle)
        let resumed = try CommandRunner.lockstep(
            ranks: ranks, ["train", file, "--run-dir", run, "--resume"], timeout: 120)
        #expect(resumed.status == 0 && FileManager.default.fileExists(atPath: run + "/summary.json"))
        #expect(try UndisturbedRun.difference(from: run) == nil)
    }

    /// Decoded data that cannot be kept are held in memory, with a warning. Their statistics are small, and are kept.
    @Test(.enabled(if: SmallDisk.isPossible, "needs the right to mount")) func inTheDataCache() throws {
        let disk = SmallDisk(place: directory.path("disk"), size: "1m")
        let run = directory.path("run")
        let result = try disk.run(
            """
            train 2 \(file) --run-dir \(run)
            code=$?
            echo "cache: $(ls -A \(disk.place)/lockstep | grep -vcE -e '\\.lock$' -e '-statistics-')"
            (exit $code)
            """, result: directory.path("result"), environment: ["XDG_CACHE_HOME": disk.place])
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.contains("No space left on device): each process holds its own copy"))
        #expect(result.output.contains("cache: 0\n"), "\(result.output)")
        #expect(try UndisturbedRun.difference(from: run) == nil)
    }

    /// With too small a /dev/shm ranks share nothing; with one that takes the state, but not its copy too,
    /// rank 0 copies alone.
    @Test(
        .enabled(if: SmallDisk.isPossible, "needs the right to mount"),
        arguments: [
            ("16m", "gradients travel by messages"),
            ("50m", "rank 0 copies alone, and the other ranks wait longer"),
        ])
    func inSharedMemory(_ size: String, _ message: String) throws {
        // 1.9 million parameters: 36 MiB of parameters, moments and two ranks' gradients, and 21 MiB for the
        // copy.
        let large = try directory.write(
            "large.yaml", UndisturbedRun.file().replacingOccurrences(of: "[512, 256]", with: "[1024, 1024]"))
        let disk = SmallDisk(place: "/dev/shm", size: size)
        let run = directory.path("run")
        let result = try disk.run("train 2 \(large) --run-dir \(run)", result: directory.path("result"))
        #expect(result.status == 0, "\(result.output)")
        #expect(count(message, in: result) == 1, "\(result.output)")
        let other = try CommandRunner.lockstep(
            ranks: 2, ["train", large, "--run-dir", directory.path("whole")], timeout: 120)
        #expect(other.status == 0 && count(message, in: other) == 0, "\(other.tail)")
        #expect(try RunResults(run).difference(from: RunResults(directory.path("whole"))) == nil)
    }
}
