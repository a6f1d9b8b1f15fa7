import Foundation

/// Hosts that are this machine: a replacement of ssh runs the commands locally.
///
/// A host can be made to differ: by a reply in the place of a connection, or by changes of the script that
/// the launcher sends to check it, as if its files were others.
struct FakeHosts {
    private let directory: TemporaryDirectory
    /// The agent's path.
    let agent: String

    init(_ directory: TemporaryDirectory) throws {
        self.directory = directory
        agent = try directory.write(
            "agent",
            """
            #!/bin/bash
            echo "$*" >> "$0.log"
            while [[ ${1:-} == -* ]]; do case $1 in -p | -i | -o) shift 2 ;; *) shift ;; esac; done
            host=$1
            shift
            # Open MPI's daemons of a job that share a session directory write to one another's maps.
            export TMPDIR=${0%/*}/$host
            mkdir -p "$TMPDIR"
            if [ -e "$0.reply.$host" ]; then cat "$0.reply.$host" >&2; exit 255; fi
            if [ -e "$0.edit.$host" ] && [ "$*" = "sh -s" ]; then sed -f "$0.edit.$host" | sh -c "$*"; else exec sh -c "$*"; fi

            """)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: agent)
    }

    /// What the launcher needs to use the agent.
    var environment: [String: String] {
        ["OMPI_MCA_plm_rsh_agent": agent, "LOCKSTEP_BINARY": CommandRunner.command]
    }

    /// From now on a host does not answer: ssh says this.
    func refuse(_ host: String, _ reply: String) throws {
        _ = try directory.write("agent.reply.\(host)", reply + "\n")
    }

    /// From now on a variable of the check has another value on a host; of several lines the first.
    func change(_ host: String, _ variable: String, _ value: String) throws {
        _ = try directory.write("agent.edit.\(host)", "s|^\(variable)='[^']*|\(variable)='\(value)|\n")
    }

    /// With which arguments the agent was called.
    var calls: String { (try? String(contentsOfFile: agent + ".log", encoding: .utf8)) ?? "" }
}
