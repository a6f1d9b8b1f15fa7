import Foundation
import LockstepTesting
import Testing

/// scripts/install, and what the launcher needs for it.
@Suite(.serialized) struct InstallTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test func launcherRunsByALinkAndFindsProgramsInPath() throws {
        try FileManager.default.createDirectory(
            atPath: directory.path("bin"), withIntermediateDirectories: true)
        let program = directory.path("bin/greet-ranks")
        try "#!/bin/sh\necho \"rank $OMPI_COMM_WORLD_RANK says $1\"\n"
            .write(toFile: program, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        try FileManager.default.createSymbolicLink(
            atPath: directory.path("bin/start"), withDestinationPath: CommandRunner.launcher)
        let path = directory.path("bin") + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
        func start(_ arguments: [String]) throws -> CommandResult {
            try CommandRunner.run(
                directory.path("bin/start"), arguments,
                environment: ["LOCKSTEP_BINARY": CommandRunner.command, "PATH": path],
                directory: directory.url,
                timeout: 60)
        }
        let result = try start(["-n", "2", "greet-ranks", "hello"])
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.contains("rank 0 says hello") && result.output.contains("rank 1 says hello"))
        // A subcommand is one, whatever programs there are; a misspelt one is reported.
        let keys = try start(["-n", "1", "keys", "optimizer.sgd.momentum"])
        #expect(keys.status == 0 && keys.output.contains("factor on the velocity"), "\(keys.output)")
        let mistake = try start(["-n", "1", "trian", "run.yaml"])
        #expect(mistake.status == 2 && mistake.output.contains("Did you mean 'train'?"), "\(mistake.output)")
        #expect(try start(["--help"]).output.contains("--max-restarts"))
    }

    /// The last lines of a stopped run name the launcher that stands beside the command, once in the log.
    @Test func adviceNamesTheInstalledLauncher() throws {
        let small = try SmallRun("max_steps: 40\nlog_every_steps: 1")
        let folder = small.directory.path("bin")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (name, target) in [
            ("lockstep", CommandRunner.command), ("lockstep-launch", CommandRunner.launcher),
        ] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder)/\(name)", withDestinationPath: target)
        }
        func advice(_ environment: [String: String], _ run: String) throws -> String {
            let result = try CommandRunner.lockstep(
                ranks: 2,
                ["train", small.file, "--run-dir", small.directory.path(run), "--stop-after-step", "4"],
                environment: environment, timeout: 60)
            #expect(result.status == 0, "\(result.tail)")
            let log = try String(contentsOfFile: small.directory.path("\(run)/train.log"), encoding: .utf8)
            #expect(log.matches(of: #/To continue:/#).count == 1, "\(log)")
            return result.output
        }
        let path = folder + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
        let installed = ["LOCKSTEP_BINARY": folder + "/lockstep", "PATH": path]
        #expect(try advice(installed, "a").contains("\n  lockstep-launch -n 2 train "))
        #expect(try advice([:], "b").contains("\n  scripts/launch -n 2 train "))
    }

    @Test func mistakes() throws {
        let script = CommandRunner.repository.appendingPathComponent("scripts/install").path
        for (arguments, text) in [
            ([], "where to?"), (["--prefix"], "needs a folder"), (["--perfix", "x"], "unknown option"),
            (["--prefix", "/proc/1/lockstep"], "cannot be written"),
            (["--prefix", directory.path("none"), "--module", "/proc/1/modules"], "for --module"),
            (["--prefix", directory.path("none"), "--uninstall"], "holds no installation"),
        ] {
            let result = try CommandRunner.run(script, arguments, timeout: 30)
            #expect(result.status == 2 && result.output.contains(text), "\(result.output)")
        }
    }

    /// Only the module file of this installation is removed, also one that quotes its path.
    @Test(arguments: [("P", "P"), ("a [place] of $mine", "a \\[place\\] of \\$mine")])
    func uninstallRemovesTheModuleFile(_ name: String, _ quoted: String) throws {
        let script = CommandRunner.repository.appendingPathComponent("scripts/install").path
        let prefix = directory.path(name)
        for folder in ["\(name)/share/lockstep", "modules/lockstep"] {
            try FileManager.default.createDirectory(
                atPath: directory.path(folder), withIntermediateDirectories: true)
        }
        _ = try directory.write("\(name)/share/lockstep/installed-files", "share/lockstep/installed-files\n")
        _ = try directory.write("modules/lockstep/0.1", "prepend-path PATH \"\(prefix)/bin\"\n")
        _ = try directory.write("modules/lockstep/0.2", "prepend-path PATH \"\(prefix)2/bin\"\n")
        _ = try directory.write("modules/lockstep/0.3", "set prefix \"\(directory.path(quoted))\"\n")
        let removed = try CommandRunner.run(
            script, ["--prefix", prefix, "--module", directory.path("modules"), "--uninstall"], timeout: 30)
        #expect(removed.status == 0, "\(removed.output)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: prefix).isEmpty)
        let rest = try FileManager.default.contentsOfDirectory(atPath: directory.path("modules/lockstep"))
        #expect(rest == ["0.2"])
    }

    /// The commands that a module file has for a module system, from Tcl with the commands that a module file may use.
    private func load(_ file: String) throws -> CommandResult {
        let stub = try directory.write(
            "stub.tcl",
            """
            set ModulesCurrentModulefile [lindex $argv 0]
            proc module-whatis {text} {}
            proc module-info {what mode} { return [expr {$what eq "mode" && $mode eq "load"}] }
            proc prepend-path {name value} { puts "$name=$value" }
            proc conflict {name} {}
            source $ModulesCurrentModulefile
            """)
        return try CommandRunner.run("/usr/bin/env", ["tclsh", stub, file], timeout: 30)
    }

    private static let hasTcl =
        (try? CommandRunner.run("/usr/bin/env", ["sh", "-c", "command -v tclsh"], timeout: 30))?.status == 0

    /// A module file inside of the installation finds it after a move; one elsewhere says that it is gone.
    @Test(.enabled(if: hasTcl, "needs tclsh"), arguments: ["P", "a [place] of $mine"])
    func moduleFileOfAMovedInstallation(_ name: String) throws {
        func make(_ prefix: String, _ module: String) throws -> String {
            let file = "\(module)/lockstep/1.0"
            let made = try CommandRunner.run(
                "/bin/bash",
                [
                    "-c",
                    """
                    . scripts/lib/module-file.sh
                    mkdir -p "$1/bin" "${2%/*}" && cp /bin/true "$1/bin/lockstep" && module_file "$1" 1.0 "${2%/*}" >"$2"
                    """, "bash", prefix, file,
                ], directory: CommandRunner.repository, timeout: 30)
            #expect(made.status == 0, "\(made.output)")
            return file
        }
        let prefix = directory.path(name)
        let (inside, outside) = (
            try make(prefix, prefix + "/share/modulefiles"), try make(prefix, directory.path("modules"))
        )
        for file in [inside, outside] {
            let loaded = try load(file)
            #expect(loaded.output == "PATH=\(prefix)/bin\nMANPATH=\(prefix)/share/man\n", "\(loaded.output)")
        }
        let moved = directory.path("moved to here")
        try FileManager.default.moveItem(atPath: prefix, toPath: moved)
        let loaded = try load(moved + inside.dropFirst(prefix.count))
        #expect(loaded.output == "PATH=\(moved)/bin\nMANPATH=\(moved)/share/man\n", "\(loaded.output)")
        let link = directory.path("link")
        try FileManager.default.createSymbolicLink(
            atPath: link, withDestinationPath: moved + "/share/modulefiles")
        #expect(try load(link + "/lockstep/1.0").output == loaded.output)
        let gone = try load(outside)
        #expect(
            gone.status == 1 && gone.output.contains("there is no installation in \(prefix)"),
            "\(gone.output)")
    }

    /// A build of minutes. The installation is moved, reached by a link, and used without Swift and without its sources.
    @Test(.enabled(if: ProgramRun.runsAll, "builds Lockstep once more: scripts/test --all"))
    func installMoveTrainUninstall() throws {
        let script = CommandRunner.repository.appendingPathComponent("scripts/install").path
        let first = directory.path("first place")
        let installed = try CommandRunner.run(
            script, ["--prefix", first, "--module", first + "/modules"], timeout: 3000)
        #expect(installed.status == 0, "\(installed.output)")
        let prefix = directory.path("moved")
        try FileManager.default.moveItem(atPath: first, toPath: prefix)
        try FileManager.default.createSymbolicLink(
            atPath: directory.path("link"), withDestinationPath: prefix + "/bin/lockstep-launch")

        func user(_ command: String, _ arguments: [String]) throws -> CommandResult {
            try CommandRunner.run(
                "/usr/bin/env",
                [
                    "-i", "PATH=/usr/bin:/bin", "HOME=" + directory.path("home"), "OMPI_ALLOW_RUN_AS_ROOT=1",
                    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1", command,
                ] + arguments, directory: directory.url, timeout: 120)
        }
        let modules = prefix + "/modules/lockstep"
        let file = try #require(try FileManager.default.contentsOfDirectory(atPath: modules).first)
        if Self.hasTcl { #expect(try load("\(modules)/\(file)").output.hasPrefix("PATH=\(prefix)/bin\n")) }
        let libraries = try user("ldd", [prefix + "/bin/lockstep"])
        #expect(libraries.output.contains(prefix + "/lib/lockstep/libdnnl.so"), "\(libraries.output)")
        #expect(!libraries.output.contains("/swift/") && !libraries.output.contains("not found"))
        let version = try user(prefix + "/bin/lockstep", ["--version"])
        #expect(version.output.contains("oneDNN") && version.output.contains("Open MPI"), "\(version.output)")
        let trained = try user(
            directory.path("link"),
            [
                "-n", "2", "train", prefix + "/share/lockstep/Examples/synthetic-mlp.yaml", "--run-dir",
                "run",
                "--set", "max_steps=20",
            ])
        #expect(trained.status == 0 && trained.output.contains("2 on 1 host"), "\(trained.output)")
        let completions = try String(
            contentsOfFile: prefix + "/share/bash-completion/completions/lockstep", encoding: .utf8)
        #expect(completions.contains("evaluate"))

        try "mine".write(toFile: prefix + "/bin/other", atomically: true, encoding: .utf8)
        let removed = try CommandRunner.run(script, ["--prefix", prefix, "--uninstall"], timeout: 30)
        #expect(removed.status == 0, "\(removed.output)")
        let rest = FileManager.default.enumerator(atPath: prefix)?.compactMap { $0 as? String }.sorted()
        #expect(rest == ["bin", "bin/other"], "\(rest ?? [])")
    }
}
