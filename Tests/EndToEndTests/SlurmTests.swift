import Foundation
import Testing

/// cluster/slurm/train.sbatch on a real Slurm cluster of two nodes.
@Suite(
    .serialized, .enabled(if: CommandRunner.runsAll, "takes minutes: scripts/test --all"),
    .enabled(if: SlurmCluster.obstacle == nil, "\(SlurmCluster.obstacle ?? "")"))
struct SlurmTests {
    private static func runFile(steps: Int, checkpointEvery: Int) -> String {
        """
        model: {mlp: {hidden: [1024, 512]}}
        data: {synthetic: {samples: 20000, shape: [128], classes: 10, noise: 2.0}}
        batch: 256
        shards: 4
        max_steps: \(steps)
        optimizer: {adam: {learning_rate: 0.001}}
        checkpoint: {every_steps: \(checkpointEvery), keep: 2}
        log_every_steps: 20
        seed: 1
        """
    }

    private func write(_ text: String, _ cluster: SlurmCluster) throws -> String {
        try text.write(toFile: cluster.path("run.yaml"), atomically: false, encoding: .utf8)
        return cluster.path("run.yaml")
    }

    /// As many steps as two ranks make in about `seconds`.
    private func steps(in seconds: Double, _ cluster: SlurmCluster) throws -> Int {
        let file = try write(SlurmTests.runFile(steps: 300, checkpointEvery: 300), cluster)
        let result = try CommandRunner.lockstep(
            ranks: 2, ["train", file, "--run-dir", cluster.path("speed")], timeout: 300)
        try #require(result.status == 0, "\(result.tail)")
        let summary = try String(contentsOfFile: cluster.path("speed/summary.json"), encoding: .utf8)
        let speed = try #require(RunResults.field("samples_per_second", of: summary).flatMap { Double($0) })
        return max(300, Int(speed * seconds / 256))
    }

    @Test func timeLimitRequeuesUntilTheUndisturbedBitsAreThere() throws {
        let cluster = try SlurmCluster()
        let steps = try steps(in: 90, cluster)
        let file = try write(SlurmTests.runFile(steps: steps, checkpointEvery: steps), cluster)
        let whole = try CommandRunner.lockstep(
            ranks: 2, ["train", file, "--run-dir", cluster.path("whole")], timeout: 1200)
        try #require(whole.status == 0, "\(whole.tail)")
        for starter in ["mpirun", "srun"] {
            // A minute is the shortest limit there is. The warning comes 20 s, or up to 50 s, before it.
            let job = try cluster.train(
                run: starter, starter: starter, options: ["--time=1", "--signal=B:USR1@20"],
                arguments: [file], timeout: 1200)
            #expect(job.status == 0 && !job.timedOut, "\(starter): \(job.tail)")
            let cuts = job.output.components(separatedBy: "the time limit is near").count - 1
            #expect(cuts >= 1, "\(starter) was not cut: \(job.tail)")
            #expect(job.output.contains("start \(cuts) of job"), "\(starter): \(job.tail)")
            #expect(job.output.contains("finished (max_steps)"), "\(starter): \(job.tail)")
            #expect(job.output.contains("2 on 2 hosts"), "\(starter): \(job.tail)")
            #expect(
                try RunResults(cluster.path(starter)).difference(from: RunResults(cluster.path("whole")))
                    == nil,
                "\(starter), cut \(cuts) times")
        }
    }

    @Test func aKilledRankRequeuesAndTheBitsAreTheSame() throws {
        let cluster = try SlurmCluster()
        let file = try write(SlurmTests.runFile(steps: 1200, checkpointEvery: 200), cluster)
        let whole = try CommandRunner.lockstep(
            ranks: 2, ["train", file, "--run-dir", cluster.path("whole")], timeout: 600)
        try #require(whole.status == 0, "\(whole.tail)")
        let killer = RankKiller(run: cluster.path("killed"), step: 500)
        let job = try cluster.train(
            run: "killed", starter: "mpirun", options: ["--time=10"], arguments: [file], timeout: 600)
        #expect(killer.finish(), "no rank was killed: \(job.tail)")
        #expect(job.status == 0 && job.output.contains("start 1 of job"), "\(job.tail)")
        #expect(
            try RunResults(cluster.path("killed")).difference(from: RunResults(cluster.path("whole"))) == nil)
    }

    @Test func theClusterEndsWithItsProcesses() throws {
        let cluster = try SlurmCluster()
        let started = try cluster.run(
            ["sbatch", "--output", cluster.path("sleep.log"), "--wrap", "echo $$; exec sleep 987654"],
            timeout: 30)
        #expect(started.status == 0, "\(started.tail)")
        let sleepers = {
            try CommandRunner.run("/usr/bin/pgrep", ["-f", "^sleep 987654$"], timeout: 10).output
        }
        for _ in 0..<100 where try sleepers().isEmpty { usleep(100_000) }
        #expect(try !sleepers().isEmpty)
        let down = try cluster.call(["down"], timeout: 60)
        #expect(down.status == 0, "\(down.tail)")
        #expect(try sleepers().isEmpty)
    }
}
