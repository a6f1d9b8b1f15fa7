import Foundation
import Testing

/// cluster/testbed: several hosts on one machine, without remains afterwards.
@Suite(.serialized, .enabled(if: Testbed.unavailable == nil, Comment(rawValue: Testbed.unavailable ?? "")))
struct TestbedTests {
    @Test func hostsReachEachOtherBySsh() throws {
        let bed = try Testbed("--hosts", "3", "--slots", "2", "--rate", "100mbit")
        let names = try bed.run([
            "run", "bash", "-c",
            "hostname; for host in h1 h2 h3; do ssh $LOCKSTEP_SSH_OPTIONS $host hostname; done",
        ])
        #expect(names.output == "h1\nh1\nh2\nh3\n")
        let ranks = try bed.run([
            "run", "bash", "-c",
            "mpirun -np 6 --hostfile $LOCKSTEP_TESTBED/hostfile hostname 2>/dev/null | sort | uniq -c",
        ])
        #expect(
            ranks.output.split(separator: "\n").map { $0.drop { $0 == " " } } == ["2 h1", "2 h2", "2 h3"])
        // A raw stream gets the bandwidth but for the headers; generous bounds, for a busy machine.
        let stream = try bed.run(["stream", "--seconds", "1"])
        let rate = try #require(Double(stream.output.dropLast()), "\(stream.output)")
        #expect(stream.status == 0)
        #expect(rate > 0.6 * 12.5e6 && rate < 1.05 * 12.5e6)

        #expect(try bed.run(["cut", "h2"]).status == 0)
        let ssh = ["run", "bash", "-c", "ssh -o ConnectTimeout=2 $LOCKSTEP_SSH_OPTIONS h2 hostname"]
        #expect(try bed.run(ssh).status == 255)
        let status = try bed.run(["status"])
        #expect(status.status == 1 && status.output.contains("h2  10.231.7.2  cut off, ssh does not answer"))
        #expect(try bed.run(["mend", "h2"]).status == 0)
        #expect(try bed.run(ssh).output == "h2\n")

        _ = try bed.run(["exec", "h2", "bash", "-c", "sleep 1000 >/dev/null 2>&1 &"])
        #expect(
            try bed.run(["status"]).output.contains(
                "h2  10.231.7.2  on the network, ssh answers, 1 processes"))
        #expect(try bed.run(["kill", "h2"]).status == 0)
        #expect(
            try bed.run(["status"]).output.contains(
                "h2  10.231.7.2  on the network, ssh answers, 0 processes"))

        #expect(try bed.run(["up"]).output.contains("there is a test bed"))
        #expect(try bed.run(["down"]).status == 0)
        #expect(try bed.remains() == [])
        #expect(try bed.run(["down"]).status == 0)
    }

    @Test func delaysInBothDirections() throws {
        let bed = try Testbed("--hosts", "3", "--delay", "40", "--rate", "1gbit")
        let program = """
            import socket, sys, time
            if sys.argv[1] == "answer":
                listener = socket.create_server(("0.0.0.0", 7000))
                connection, _ = listener.accept()
                connection.sendall(connection.recv(1))
            else:
                connection = socket.create_connection((sys.argv[1], 7000))
                begin = time.monotonic()
                connection.sendall(b"x")
                connection.recv(1)
                print(time.monotonic() - begin)
            """
        let file = bed.state + "/ping.py"
        try program.write(toFile: file, atomically: false, encoding: .utf8)
        _ = try bed.run(["exec", "h3", "bash", "-c", "python3 \(file) answer >/dev/null 2>&1 & sleep 0.5"])
        let answer = try bed.run(["exec", "h2", "python3", file, "h3"])
        let seconds = try #require(Double(answer.output.dropLast()), "\(answer.output)")
        #expect(seconds > 0.08 && seconds < 0.5)
    }

    /// A bed that is ended by a signal while it comes up.
    @Test(arguments: CommandRunner.runsAll ? ["TERM", "INT", "HUP", "KILL"] : ["TERM", "KILL"])
    func leavesNothingWhenInterrupted(_ signal: String) throws {
        let bed = try Testbed()
        // The signal comes when some of the namespaces exist; a bed that was killed is found by `down`.
        let script = """
            import os, signal, subprocess, sys, time
            up = subprocess.Popen([sys.argv[1], "up", "--hosts", "4", "--delay", "1"])
            while not os.path.exists(sys.argv[2] + "/user_key"): time.sleep(0.002)
            up.send_signal(signal.Signals["SIG" + sys.argv[3]])
            sys.exit(0 if up.wait() == 0 else 1)
            """
        let result = try CommandRunner.run(
            "/usr/bin/env", ["python3", "-c", script, Testbed.script, bed.state, signal],
            environment: ["LOCKSTEP_TESTBED": bed.state], timeout: 60)
        #expect(result.status != 0, "\(result.output)")
        if signal == "KILL" {
            #expect(try bed.remains() != [])
            // Also when the state directory is lost.
            try FileManager.default.removeItem(atPath: bed.state)
            #expect(try bed.run(["down"]).status == 0)
        }
        #expect(try bed.remains() == [])
    }

    @Test func aBedForOneCommand() throws {
        let bed = try Testbed()
        let temporary = try TemporaryDirectory()
        let environment = ["TMPDIR": temporary.url.path]
        let command = "hostname; ssh $LOCKSTEP_SSH_OPTIONS h2 hostname; exit 7"
        let result = try bed.run(
            ["run", "--hosts", "2", "--", "bash", "-c", command], environment: environment)
        #expect(result.status == 7 && result.output == "h1\nh2\n", "\(result.output)")
        // A signal goes to the command, whose end then removes the bed; what it left on another host too.
        let file = temporary.path("ready")
        let stubborn = """
            trap 'echo asked; exit 5' TERM
            ssh $LOCKSTEP_SSH_OPTIONS h2 sleep 1000 &
            touch \(file)
            while :; do sleep 0.1; done
            """
        let script = """
            "$0" run --hosts 2 -- bash -c "$1" &
            until [ -e \(file) ]; do sleep 0.05; done
            rm \(file)
            kill -TERM $!
            wait $!
            """
        let ended = try CommandRunner.run(
            "/bin/bash", ["-c", script, Testbed.script, stubborn], environment: environment, timeout: 60)
        #expect(ended.status == 5 && ended.output == "asked\n", "\(ended.output)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: temporary.url.path) == [])
    }

    @Test(arguments: [
        ([], "what shall be done"), (["upp"], "unknown action 'upp'"),
        (["up", "--hosts", "0"], "--hosts must be"), (["up", "--hosts"], "--hosts needs a value"),
        (["up", "--rate", "fast"], "--rate must be"), (["up", "--delay", "-1"], "--delay must be"),
        (["up", "--speed", "1"], "unknown option '--speed'"), (["up", "two"], "unknown argument 'two'"),
        (["run"], "run what?"), (["exec", "h1"], "usage: cluster/testbed exec"),
    ]) func mistakes(_ arguments: [String], _ message: String) throws {
        let result = try Testbed().run(arguments)
        #expect(result.status == 2 && result.output.contains(message), "\(result.output)")
    }

    @Test(arguments: [
        ["run", "hostname"], ["exec", "h1", "hostname"], ["cut", "h1"], ["hosts"], ["status"], ["stream"],
    ])
    func saysThatThereIsNoBed(_ arguments: [String]) throws {
        let result = try Testbed().run(arguments)
        #expect(result.status == 1 && result.output.contains("there is no test bed in"), "\(result.output)")
    }

    @Test func touchesNoForeignDirectory() throws {
        let bed = try Testbed()
        try FileManager.default.createDirectory(atPath: bed.state, withIntermediateDirectories: true)
        let file = bed.state + "/precious"
        try "data".write(toFile: file, atomically: false, encoding: .utf8)
        for action in ["up", "down"] {
            let result = try bed.run([action])
            #expect(
                result.status == 2 && result.output.contains("is not a test bed's directory"),
                "\(result.output)")
        }
        #expect(FileManager.default.fileExists(atPath: file))
    }

    /// What lies in a folder of another user, or in one that others may write to, is neither run nor
    /// believed: another user may have made it before.
    @Test(arguments: [
        "chown 65534 $bed", "chmod 777 $bed", "chown 65534 $bed/..",
        "ln -s $bed $bed.link && chown -h 65534 $bed.link && bed=$bed.link",
    ])
    func believesNoForeignFolder(_ change: String) throws {
        let directory = try TemporaryDirectory()
        let script = """
            bed=\(directory.path("parent/bed"))
            mkdir -p $bed
            touch $bed/lockstep-testbed $bed/complete
            echo 'hosts=2; touch \(directory.path("executed"))' >$bed/options
            \(change)
            for action in hosts status "exec h1 true" "run true" "cut h1" down up; do
                LOCKSTEP_TESTBED=$bed "\(Testbed.script)" $action; echo "status $?"
            done
            """
        let result = try CommandRunner.run("/bin/bash", ["-c", script], timeout: 60)
        let lines = result.output.split(separator: "\n")
        #expect(lines.count == 14 && lines.count { $0 == "status 2" } == 7, "\(result.output)")
        #expect(lines.count { $0.contains(" is not used: ") } == 7, "\(result.output)")
        #expect(!FileManager.default.fileExists(atPath: directory.path("executed")))
        #expect(FileManager.default.fileExists(atPath: directory.path("parent/bed/options")))
    }

    /// Also its own options are values, not commands.
    @Test(arguments: [
        "hosts=2; touch executed", "PATH=/nowhere", "hosts=$(touch executed)", "prefix=a b", "rate=x",
    ])
    func optionsAreNotRun(_ line: String) throws {
        let directory = try TemporaryDirectory()
        let script = """
            mkdir -m 755 bed
            touch bed/lockstep-testbed bed/complete
            echo '\(line)' >bed/options
            LOCKSTEP_TESTBED=bed "\(Testbed.script)" status
            """
        let result = try CommandRunner.run(
            "/bin/bash", ["-c", script], directory: directory.url, timeout: 60)
        #expect(result.status == 1 || result.status == 2, "\(result.output)")
        #expect(!FileManager.default.fileExists(atPath: directory.path("executed")), "\(result.output)")
    }

    /// The same of the Slurm cluster: the process that its folder names would be ended.
    @Test func theSlurmClusterBelievesNoForeignFolder() throws {
        let directory = try TemporaryDirectory()
        let script = """
            sleep 60 &
            victim=$!
            mkdir -m 755 state
            touch state/slurm.conf
            echo "$victim $(sed 's/.*) //' /proc/$victim/stat | awk '{ print $20 }')" >state/holder
            chown 65534 state
            for action in down "run true" up; do
                LOCKSTEP_SLURM_CLUSTER=$PWD/state "\(CommandRunner.repository.path)/cluster/slurm/test-cluster" $action; echo "status $?"
            done
            kill $victim && echo alive
            """
        let result = try CommandRunner.run(
            "/bin/bash", ["-c", script], directory: directory.url, timeout: 60)
        let lines = result.output.split(separator: "\n")
        #expect(lines.last == "alive" && lines.count { $0 == "status 2" } == 3, "\(result.output)")
    }

    @Test(arguments: [
        (["--reuid", "65534", "--clear-groups"], "needs root"),
        (["--bounding-set", "-sys_admin,-net_admin"], "no network namespace can be made here"),
    ]) func saysWhyNoBedCanBeMade(_ less: [String], _ message: String) throws {
        let result = try CommandRunner.run("/usr/bin/setpriv", less + [Testbed.script, "check"], timeout: 30)
        #expect(result.status == 1 && result.output.contains(message), "\(result.output)")
        #expect(result.output.split(separator: "\n").count == 1)
    }
}
