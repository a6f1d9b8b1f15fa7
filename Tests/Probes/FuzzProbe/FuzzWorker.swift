import Foundation

/// Runs cases in this process, one after the other, under limits of time and memory that end the process.
struct FuzzWorker {
    /// The most memory that a case may take, in bytes.
    private static let memory = 1 << 30
    /// The exit status after a `FuzzFinding`.
    static let findingStatus: Int32 = 99

    let target: any FuzzTarget
    /// The folder for the current input, which the driver reads, and for a folder of each case.
    let folder: String

    /// Sets the memory limit, and redirects the standard error output to a file.
    static func limit(in folder: String) {
        var limit = rlimit(rlim_cur: rlim_t(memory), rlim_max: rlim_t(memory))
        setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit)
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        redirect(1, to: "/dev/null")
        redirect(2, to: folder + "/errors")
    }

    private static func redirect(_ descriptor: Int32, to path: String) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0o644)
        dup2(file, descriptor)
        close(file)
    }

    /// Runs cases `numbers` of a seed.
    func run(_ numbers: Range<Int>, seed: UInt64) throws {
        for number in numbers {
            var draws = FuzzDraws(seed: seed, target: target.name, number: number)
            let input = try target.input(&draws)
            try Data(input).write(to: URL(fileURLWithPath: folder + "/input"))
            try Data("\(number)".utf8).write(to: URL(fileURLWithPath: folder + "/number"))
            try run(input)
        }
    }

    /// Runs one case; ends the process where it is a finding.
    func run(_ input: [UInt8]) throws {
        let place = folder + "/case"
        try? FileManager.default.removeItem(atPath: place)
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        ftruncate(2, 0)
        alarm(target.seconds)
        do {
            try target.run(input, in: place)
        } catch let finding as FuzzFinding {
            fail("\(finding)")
        } catch {
            // A refusal is as good as success.
        }
        alarm(0)
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        if usage.ru_maxrss << 10 > Self.memory { fail("\(usage.ru_maxrss >> 10) MiB of memory in use") }
    }

    private func fail(_ words: String) -> Never {
        FileHandle.standardError.write(Data("\(words)\n".utf8))
        exit(Self.findingStatus)
    }
}
