import Foundation
import Testing

/// scripts/launch on several hosts: the hosts that it uses, its checks before the start, and its messages
/// about missing requirements.
@Suite(.serialized) struct LauncherHostTests {
    private let directory: TemporaryDirectory
    private let hosts: FakeHosts
    private let program: String

    init() throws {
        directory = try TemporaryDirectory()
        hosts = try FakeHosts(directory)
        program = try directory.write(
            "program", "#!/bin/bash\necho \"rank $OMPI_COMM_WORLD_RANK runs <${MARK:-}>\"\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
    }

    private func launch(_ arguments: [String], environment: [String: String] = [:]) throws -> CommandResult {
        try CommandRunner.run(
            CommandRunner.launcher, arguments, environment: hosts.environment.merging(environment) { $1 },
            directory: directory.url, timeout: 60)
    }

    @Test(arguments: [
        ("a slots=2\n# b\nc slots=1\nb slots=1\na slots=2\n", "hosts:5: a is listed twice"),
        ("a slots=two\n", "hosts:1: the slots of a must be a whole number"),
        ("a slots=0\n", "hosts:1: the slots of a must be a whole number"),
        ("a slots=\n", "hosts:1: the number of slots is missing"),
        ("a slots=1\n\na cores=2\n", "hosts:3: only slots=N may follow the host's name; got 'cores=2'"),
        ("-oProxyCommand=x slots=1\n", "hosts:1: '-oProxyCommand=x' is not the name of a host"),
        ("# nobody\n\n", "contains no host"),
    ]) func mistakesInHostFiles(_ text: String, _ message: String) throws {
        let file = try directory.write("hosts", text)
        let result = try launch(["-n", "2", "--hostfile", file, program])
        #expect(result.status == 2 && result.output.contains(message), "\(result.output)")
        #expect(hosts.calls.isEmpty)
    }

    @Test(arguments: [
        (["-n", "2", "--hostfile", "/nowhere/hosts"], "the host file '/nowhere/hosts' cannot be read"),
        (["-n", "2", "--hostfile", "/tmp"], "the host file '/tmp' cannot be read"),
        (["-n", "2", "-H", "a:1,b:1,a:1"], "a is listed twice"),
        (["-n", "2", "-H", "a:"], "slots is missing in 'a:'"),
        (["-n", "2", "-H", ","], "contains no host"),
        (["-n", "2", "-H", "a:2", "--hostfile", "x"], "not both"),
        (["-n", "5", "-H", "a:2,b:2"], "5 ranks are more than the 4 slot(s) of the hosts (a:2,b:2)"),
        (["--nproc-per-node", "3", "-H", "a:2,b:3"], "a has only 2 slot(s)"),
        (["-n", "5", "--nproc-per-node", "2", "-H", "a,b"], "-n 5 is more than --nproc-per-node 2 allows"),
        (["-n", "2", "-H", "a:2", "--min-ranks", "3"], "--min-ranks 3 is more than the 2 rank(s)"),
        (["-n", "2", "--max-restarts", "-1"], "--max-restarts must be a whole number"),
        (["-n", "2", "--env", "1X=2"], "--env takes NAME or NAME=VALUE"),
        (["-n", "2", "--env", "NO_SUCH_VARIABLE"], "there is no such variable"),
        (["-n", "2", "--identity", "/nowhere/key"], "'/nowhere/key' cannot be read"),
        (["-n", "2", "--ssh-port", "70000"], "at most 65535"),
        (["-n", "2", "--timeout", "soon"], "--timeout must be"),
        (["-n", "2", "--interface", "a b"], "--interface takes"),
        (["-n", "2", "--log-dir", "/proc/x"], "--log-dir '/proc/x'"),
    ]) func mistakesInOptions(_ options: [String], _ message: String) throws {
        let result = try launch(options + [program])
        #expect(result.status == 2 && result.output.contains(message), "\(result.output)")
        #expect(hosts.calls.isEmpty && !result.output.contains("runs"))
    }

    @Test func runsOnAllHostsWithOneEnvironment() throws {
        let file = try directory.write("hosts", "one slots=1 # the first\r\ntwo")
        let result = try launch(["-n", "auto", "--hostfile", file, "--env", "MARK=a b;c,d", program])
        #expect(result.status == 0, "\(result.tail)")
        #expect(result.output.contains("-H one:1"), "\(result.output)")
        for rank in 0..<2 {
            #expect(result.output.contains("rank \(rank) runs <a b;c,d>"), "\(result.output)")
        }
        #expect(hosts.calls.contains("one sh -s") && hosts.calls.contains("two sh -s"))
    }

    @Test(arguments: [
        ("ssh: Could not resolve hostname two: Name or service not known", "Is its name right"),
        ("root@two: Permission denied (publickey).", "--identity"),
        ("ssh: connect to host two port 22: Connection refused", "--ssh-port"),
        ("ssh: connect to host two port 22: Connection timed out", "Is it up"),
        ("Host key verification failed.", "Log in by hand once"),
    ]) func hostsThatDoNotAnswer(_ reply: String, _ advice: String) throws {
        try hosts.refuse("two", reply)
        let result = try launch(["-n", "2", "-H", "one,two", program])
        #expect(result.status == 2 && !result.output.contains("runs"), "\(result.output)")
        #expect(result.output.contains("launch: host two cannot be reached by ssh: "))
        #expect(
            result.output.contains(advice) && result.output.contains("1 of 2 host(s) cannot take part"),
            "\(result.output)")
    }

    @Test(arguments: [
        ("probe_binary", "/nowhere/lockstep", "has no /nowhere/lockstep: build or copy it"),
        ("probe_binary", "/etc/passwd", "cannot run /etc/passwd"),
        ("probe_binary", "/bin/echo", "has another version of /bin/echo: echo (GNU coreutils)"),
        ("probe_version", "0.0.1", "has another version of"),
        ("probe_checksum", "0  -", "has another build of"),
        ("probe_directory", "/nowhere", "has no directory /nowhere"),
        ("probe_run_file", "/nowhere/run.yaml", "has no run file"),
        ("probe_run_file", "/etc/passwd", "has another run file"),
        ("probe_files", "/nowhere/data", "has no /nowhere/data, which the run file's data need"),
        ("probe_run_directory", "/proc/runs/first", "cannot write the run directory /proc/runs/first"),
        (
            "probe_run_directory", "/etc/passwd/first",
            "cannot make the run directory /etc/passwd/first: /etc/passwd is not a directory"
        ),
        ("probe_daemon", "no-such-daemon", "has no no-such-daemon"),
        ("probe_daemon_version", "0", "has another Open MPI"),
        ("probe_interface", "eth99", "has no network interface eth99"),
        ("probe_interface", "203.0.113.0/24", "has no address in the network 203.0.113.0/24"),
    ]) func hostsThatLackSomething(_ variable: String, _ value: String, _ message: String) throws {
        let data = try directory.write("data.csv", "a,b\n1,2\n")
        let file = try directory.write(
            "run.yaml",
            "model: {mlp: {hidden: [4]}}\ndata: {csv: {train: data.csv, target: b}}\nbatch: 1\nmax_steps: 1\n"
                + "optimizer: {sgd: {learning_rate: 0.1}}\n"
        )
        _ = data
        try hosts.change("two", variable, value)
        let result = try launch([
            "-n", "2", "-H", "one,two", "train", file, "--run-dir", directory.path("run"),
        ])
        #expect(
            result.status == 2 && result.output.contains("launch: host two \(message)"), "\(result.output)")
        let told = result.output.split(separator: "\n").filter { $0.hasPrefix("launch: ") }
        #expect(told.count == 2, "one message, and that nothing was started: \(result.output)")
        #expect(!FileManager.default.fileExists(atPath: directory.path("run")))
    }

    /// mpirun would cut them at the first dot: the hosts that were checked are the ones it starts ranks on.
    @Test(arguments: [["one.a.example", "one.b.example"], ["Node1.Cluster.example", "node2"]])
    func namesStayWhole(_ names: [String]) throws {
        let result = try launch(["-n", "2", "-H", names.joined(separator: ","), program])
        #expect(result.status == 0, "\(result.tail)")
        for (rank, name) in names.enumerated() {
            #expect(result.output.contains("rank \(rank) runs"), "\(result.output)")
            #expect(hosts.calls.contains("\(name) sh -s"), "checked")
            #expect(hosts.calls.contains(try Regex("(?m)^.*\(name) .*orted")), "started: \(hosts.calls)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.url.path).contains(names[0]))
    }

    @Test(arguments: [
        ("localhost,127.0.0.1", "localhost and 127.0.0.1 are the same host (this machine)"),
        ("one,One", "-H: One is listed twice"),
        ("192.0.2.7,one,192.0.2.7:2", "192.0.2.7 is listed twice"),
    ]) func twoNamesOfOneHost(_ list: String, _ message: String) throws {
        let result = try launch(["-n", "2", "-H", list, program])
        #expect(result.status == 2 && result.output.contains(message), "\(result.output)")
        #expect(!result.output.contains("runs"))
    }

    @Test func theOwnNameIsThisMachine() throws {
        let name = ProcessInfo.processInfo.hostName
        let result = try launch(["-n", "2", "-H", "localhost,\(name)", program])
        #expect(result.status == 2, "\(result.output)")
        #expect(
            result.output.contains("localhost and \(name) are the same host (this machine)"),
            "\(result.output)")
        #expect(try launch(["-n", "1", "-H", name.uppercased(), program]).status == 0)
    }

    @Test func aRunFileWithAMistakeIsReportedBeforeTheStart() throws {
        let file = try directory.write("run.yaml", "modle: {}\n")
        let result = try launch(["-n", "2", "-H", "one,two", "train", file])
        #expect(result.status == 2 && result.output.contains("modle"), "\(result.output)")
        let absent = try launch(["-n", "2", "-H", "one,two", "train", "absent.yaml"])
        #expect(
            absent.status == 2 && absent.output.contains("'absent.yaml' cannot be read"), "\(absent.output)")
        #expect(hosts.calls.isEmpty)
    }

    @Test func leavesHostsToTheEnvironment() throws {
        let file = try directory.write("hosts", "one slots=1\ntwo slots=2\n")
        let fromDefault = ["OMPI_MCA_orte_default_hostfile": file]
        let run = try launch(["-n", "3", program], environment: fromDefault)
        #expect(run.status == 0 && !run.output.contains("-H "), "\(run.output)")
        #expect(run.output.contains("rank 2 runs") && hosts.calls.contains("two sh -s"))
        let tooMany = try launch(["-n", "4", program], environment: fromDefault)
        #expect(tooMany.status == 2 && tooMany.output.contains("4 ranks are more than the 3 slot(s)"))
        try hosts.refuse("two", "ssh: connect to host two port 22: Connection refused")
        #expect(try launch(["-n", "3", program], environment: fromDefault).status == 2)
        let path = try directory.pathWith(["srun": ""])
        let slurm = ["SLURM_JOB_ID": "7", "SLURM_TASKS_PER_NODE": "2(x2),1", "PATH": path]
        let allocation = try launch(["-n", "6", "--dry-run", program], environment: slurm)
        #expect(
            allocation.status == 2 && allocation.output.contains("more than the 5 slot(s)"),
            "\(allocation.output)")
        let five = try launch(["-n", "auto", "--dry-run", program], environment: slurm)
        #expect(five.output.contains("-np 5") && !five.output.contains("-H "), "\(five.output)")
    }
}
