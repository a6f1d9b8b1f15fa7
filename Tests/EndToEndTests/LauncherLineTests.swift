import Foundation
import Testing

/// The mpirun lines of Open MPI 4 and 5 that scripts/launch writes (--dry-run).
@Suite(.serialized) struct LauncherLineTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// The line with an mpirun of this version first in the path.
    private func line(
        _ version: String, _ arguments: [String], environment: [String: String] = [:]
    ) throws -> CommandResult {
        try FileManager.default.createDirectory(
            atPath: directory.path("bin"), withIntermediateDirectories: true)
        let mpirun = try directory.write("bin/mpirun", "#!/bin/sh\necho '\(version)'\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: mpirun)
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return try CommandRunner.run(
            CommandRunner.launcher, arguments + ["--dry-run", "train", "x.yaml", "--run-dir", "r"],
            environment: [
                "LOCKSTEP_BINARY": "/opt/lockstep", "PATH": directory.path("bin") + ":" + path,
            ].merging(environment) { $1 }, timeout: 60)
    }

    private let four = "mpirun (Open MPI) 4.1.4"
    private let five = "mpirun (Open MPI) 5.0.11"

    @Test func oneHost() throws {
        let old = try line(four, ["-n", "99", "--timeout", "7"])
        #expect(
            old.output.contains(
                #/mpirun -np 99 --bind-to none -H localhost:\d+ --oversubscribe /opt/lockstep train/#),
            "\(old.output)")
        let new = try line(five, ["-n", "99", "--log-dir", directory.path("logs")])
        #expect(
            new.output.contains(
                #/mpirun -np 99 --bind-to none -H localhost:\d+ --map-by :oversubscribe --tag-output /opt/lockstep/#
            ),
            "\(new.output)")
        #expect(!FileManager.default.fileExists(atPath: directory.path("logs")))
    }

    @Test func hostsNetworkAndSSH() throws {
        let key = try directory.write("key", "")
        let resolved = URL(fileURLWithPath: key).resolvingSymlinksInPath().path
        let options = [
            "--nproc-per-node", "2", "-H", "a,b:3", "--interface", "eth1", "--ssh-port", "2222", "--identity",
            key,
        ]
        let old = try line(four, options, environment: ["LOCKSTEP_SSH_OPTIONS": "-F conf"])
        #expect(old.status == 0, "\(old.output)")
        #expect(old.output.contains("-np 4 ") && old.output.contains(#"-H a:2\,b:2"#), "\(old.output)")
        #expect(old.output.contains("--mca btl_tcp_if_include eth1 --mca oob_tcp_if_include eth1"))
        #expect(
            old.output.contains(
                #"--mca plm_rsh_args -p\ 2222\ -i\ \#(resolved)\ -o\ IdentitiesOnly=yes\ -F\ conf"#),
            "\(old.output)")
        #expect(old.output.contains("--prefix \(directory.path(""))".dropLast()))
        let new = try line(five, options, environment: ["OMPI_MCA_plm_rsh_agent": "/opt/agent"])
        #expect(
            new.output.contains("--mca btl_tcp_if_include eth1 --prtemca prte_if_include eth1"),
            "\(new.output)")
        #expect(new.output.contains(#"--prtemca plm_ssh_args -p\ 2222\ -i\ "#))
        #expect(new.output.contains("--prtemca plm_ssh_agent /opt/agent"))
    }

    /// MPICH's mpirun, Hydra, has other options for the same.
    @Test func hydra() throws {
        let hydra = "HYDRA build details:\n    Version:  4.0.2"
        let here = try line(hydra, ["-n", "2"])
        #expect(here.output.contains("mpirun -n 2 -bind-to none /opt/lockstep train"), "\(here.output)")
        let options = ["--interface", "eth1", "--ssh-port", "2222", "--log-dir", directory.path("logs")]
        let all = try line(
            hydra, ["--nproc-per-node", "2", "-H", "a,b:3", "--env", "MINE=1"] + options,
            environment: [
                "HYDRA_LAUNCHER_EXEC": "/opt/agent", "UCX_TLS": "tcp", "SECRET": "1",
                "OMPI_MCA_orte_default_hostfile": "/nowhere",
            ])
        for words in [
            #"env HYDRA_LAUNCHER_EXTRA_ARGS=-p\ 2222 mpirun -n 4 -bind-to none -hosts a:2\,b:2 "#,
            "-rmk user -launcher ssh -launcher-exec /opt/agent ", "-iface eth1 ",
            "-genv UCX_NET_DEVICES eth1 ",
            #"-prepend-pattern \[%g\,%r\]\<stdio\>: "#, #"\,MINE\,PATH\,UCX_TLS"#,
        ] { #expect(all.output.contains(words), "\(words): \(all.output)") }
        #expect(!all.output.contains("SECRET"), "\(all.output)")
        // A value that the user has set is kept, and only ssh receives options of ssh.
        let kept = try line(
            hydra, ["-n", "2", "-H", "a:2", "--interface", "eth1"],
            environment: ["UCX_NET_DEVICES": "mlx5_0:1"])
        #expect(kept.output.contains("-genv FI_TCP_IFACE eth1 "), "\(kept.output)")
        #expect(!kept.output.contains("-genv UCX_NET_DEVICES"), "\(kept.output)")
        let managed = try line(
            hydra, ["-n", "2", "--ssh-port", "2222"], environment: ["PBS_NODEFILE": "/nowhere"])
        #expect(managed.output.contains("mpirun -n 2 -bind-to none "), "\(managed.output)")
        #expect(!managed.output.contains("2222"), "\(managed.output)")
        // Host files as MPICH writes them, also by default.
        let file = try directory.write("hosts", "a:2 # the first\nb slots=1\n")
        let listed = try line(hydra, ["-n", "auto"], environment: ["HYDRA_HOST_FILE": file])
        #expect(listed.output.contains(#"-n 3 -bind-to none -hosts a:2\,b:1 "#), "\(listed.output)")
        let network = try line(hydra, ["-n", "2", "-H", "a:2", "--interface", "10.0.0.0/24"])
        #expect(
            network.status == 2 && network.output.contains("the name of one interface"), "\(network.output)")
    }

    @Test func settingsOfVersionFourArePassedToVersionFive() throws {
        let file = try directory.write("hosts", "a slots=2\n")
        let environment = [
            "OMPI_MCA_orte_default_hostfile": file, "OMPI_MCA_oob_tcp_if_include": "eth2",
            "OMPI_MCA_plm_rsh_args": "-p 99",
        ]
        let new = try line(five, ["-n", "2"], environment: environment)
        #expect(new.output.contains("--prtemca prte_if_include eth2"), "\(new.output)")
        #expect(new.output.contains(#"--prtemca plm_ssh_args -p\ 99"#))
        #expect(new.output.contains("--prtemca prte_default_hostfile \(file)"))
        let old = try line(four, ["-n", "2"], environment: environment)
        #expect(
            !old.output.contains("eth2") && !old.output.contains("plm_rsh_args")
                && !old.output.contains("hostfile"))
    }

    @Test func variablesForAllRanks() throws {
        let result = try line(
            four, ["-n", "2", "-H", "a:2", "--env", "MINE=1", "--timeout", "9"],
            environment: [
                "OMP_PROC_BIND": "false", "ONEDNN_MAX_CPU_ISA": "AVX2", "LOCKSTEP_SSH_OPTIONS": "-F x",
                "LD_LIBRARY_PATH": "/opt/lib",
            ])
        for name in [
            "MINE", "LOCKSTEP_TIMEOUT", "LOCKSTEP_RESTART", "OMP_PROC_BIND", "ONEDNN_MAX_CPU_ISA", "PATH",
            "LD_LIBRARY_PATH",
        ] {
            #expect(result.output.contains("-x \(name) "), "\(name): \(result.output)")
        }
        #expect(
            !result.output.contains("-x LOCKSTEP_SSH_OPTIONS")
                && !result.output.contains("-x LOCKSTEP_BINARY"))
    }

    @Test func anotherMPIIsRefused() throws {
        let result = try line("HYDRA build details:", ["-n", "2"])
        #expect(result.status == 2 && result.output.contains("is not Open MPI's"), "\(result.output)")
    }

    /// As checked, so named.
    @Test func hostNamesAreNotCut() throws {
        let old = try line(four, ["-n", "2", "-H", "a.x,a.y"])
        #expect(old.output.contains("--mca orte_keep_fqdn_hostnames 1"), "\(old.output)")
        let new = try line(five, ["-n", "2", "-H", "a.x,a.y"])
        #expect(new.output.contains("--prtemca prte_keep_fqdn_hostnames 1"), "\(new.output)")
    }

    @Test func theDefaultHostFileOfVersionFive() throws {
        let file = try directory.write("hosts", "a slots=2\n")
        let environment = ["PRTE_MCA_prte_default_hostfile": file]
        let new = try line(five, ["-n", "2"], environment: environment)
        #expect(new.output.contains("--prtemca prte_default_hostfile \(file)"), "\(new.output)")
        #expect(!new.output.contains("-H localhost"))
        #expect(try line(four, ["-n", "2"], environment: environment).output.contains("-H localhost"))
    }
}
