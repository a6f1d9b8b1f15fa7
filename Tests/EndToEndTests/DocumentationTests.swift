import Foundation
import LockstepTesting
import Testing

/// The pages' commands run, and their links lead somewhere.
@Suite(.serialized) struct DocumentationTests {
    /// Pages whose commands run here; those of cluster/README.md run on a test bed.
    static let pages = [
        "README.md", "docs/tutorials/first-run.md", "docs/tutorials/your-data.md",
        "docs/tutorials/your-model.md",
        "docs/guides/training.md", "docs/guides/faults.md", "docs/guides/launching.md",
        "docs/guides/language-models.md", "docs/guides/performance.md",
        "docs/guides/pictures-and-trackers.md", "docs/guides/interchange.md", "docs/guides/installing.md",
    ]
    /// Commands that have run by the time the tests do, or that start them.
    static let isDone = ["swift build", "scripts/setup", "scripts/demo", "scripts/test"]

    @Test(arguments: pages) func commandsOfThePage(path: String) throws {
        let page = try DocumentationPage(path)
        let directory = try DocumentationPage.workingDirectory()
        var environment = ProgramRun.environmentOfRanks
        environment["XDG_CACHE_HOME"] = directory.path("cache")
        // The launcher would build a command that looks old, and wait for the tests' own build folder.
        environment["LOCKSTEP_BINARY"] = CommandRunner.command
        var count = 0
        for block in page.blocks {
            if let name = block.fileName {
                try block.text.write(toFile: directory.path(name), atomically: true, encoding: .utf8)
            }
            guard block.language == "sh", !block.isSlow || ProgramRun.runsAll else { continue }
            if let reason = block.reasonNotToRun {
                #expect(!reason.isEmpty)
                continue
            }
            let lines = block.text.components(separatedBy: "\n")
                .filter { line in !Self.isDone.contains { line.hasPrefix($0) } }
            count += 1
            let result = try CommandRunner.run(
                "/bin/bash",
                [
                    "-c",
                    "cd '\(directory.url.path)'; set -eu\n" + block.before + lines.joined(separator: "\n"),
                ],
                environment: environment, timeout: block.isSlow ? 1500 : 300)
            #expect(
                result.status == 0 && !result.timedOut,
                "\(path), line \(block.line):\n\(block.text)\(result.output)")
        }
        #expect(count > 0)
    }

    @Test func everyPageWithCommandsIsTested() throws {
        let elsewhere = [
            "BENCHMARKS.md": "measurements: hours",
            "docs/tutorials/backpropagation.md": "BackpropagationTests",
            "docs/guides/custom-loop.md": "CustomLoopExampleTests",
            "docs/guides/images.md": "ImageFolderTests",
            "docs/guides/data-formats.md": "DescribeTests, ParquetTests",
            "docs/guides/tasks-in-detail.md": "ExtensionTests", "docs/README.md": "siteIsWritten",
            "docs/design/scale.md": "needs SimGrid: an hour",
        ]
        for path in try DocumentationPage.all() where !path.hasPrefix("cluster/") {
            let hasCommands = try DocumentationPage(path).blocks.contains { $0.language == "sh" }
            let isGuideOfExtension = path.hasPrefix("docs/guides/adding-")
            #expect(
                !hasCommands || Self.pages.contains(path) || elsewhere[path] != nil || isGuideOfExtension,
                "\(path)")
        }
    }

    @Test(.enabled(if: (try? CommandRunner.run("/usr/bin/env", ["python3", "--version"]))?.status == 0))
    func pagesOfTheCommandAreItsHelp() throws {
        let script = CommandRunner.repository.appendingPathComponent("scripts/command-pages").path
        let result = try CommandRunner.run(script, [CommandRunner.command, "--check"], timeout: 60)
        #expect(result.status == 0, "\(result.output)")
    }

    /// The list of parts is what the sources' doc comments say, and every public symbol has one.
    @Test(.enabled(if: (try? CommandRunner.run("/usr/bin/env", ["python3", "--version"]))?.status == 0))
    func listOfPartsIsThatOfTheSources() throws {
        let script = CommandRunner.repository.appendingPathComponent("scripts/docs").path
        let result = try CommandRunner.run(
            script, ["--check", "--build", CommandRunner.productsDirectory.path], timeout: 120)
        #expect(result.status == 0, "\(result.output)")
    }

    @Test(.enabled(if: (try? CommandRunner.run("/usr/bin/env", ["python3", "--version"]))?.status == 0))
    func pictureOfScalingIsThatOfTheBenchmarks() throws {
        let script = CommandRunner.repository.appendingPathComponent("scripts/bench/scaling-picture").path
        let result = try CommandRunner.run(script, ["--check"], timeout: 60)
        #expect(result.status == 0, "\(result.output)")
    }

    /// The recipe for Spack is valid Python and depends on what the set-up installs.
    @Test(.enabled(if: (try? CommandRunner.run("/usr/bin/env", ["python3", "--version"]))?.status == 0))
    func recipeForSpackHasTheLibrariesOfTheSetUp() throws {
        let recipe = CommandRunner.repository
            .appendingPathComponent("cluster/spack/packages/lockstep/package.py").path
        let result = try CommandRunner.run(
            "/usr/bin/env",
            ["python3", "-c", "import ast, sys; ast.parse(open(sys.argv[1]).read())", recipe], timeout: 30)
        #expect(result.status == 0, "\(result.output)")
        let text = try String(contentsOfFile: recipe, encoding: .utf8)
        let setup = try String(
            contentsOf: CommandRunner.repository.appendingPathComponent("scripts/setup"), encoding: .utf8)
        let list = try #require(setup.firstMatch(of: #/\nfor_build=\(([^)]+)\)/#)).1
        let packages = list.split(whereSeparator: \.isWhitespace).map(String.init)
        let names = [
            "libopenmpi-dev": "openmpi", "openmpi-bin": "openmpi", "libdnnl-dev": "onednn",
            "zlib1g-dev": "zlib-api", "libzstd-dev": "zstd", "libhdf5-dev": "hdf5",
            "libjpeg62-turbo-dev": "libjpeg-turbo", "libpng-dev": "libpng", "libtiff-dev": "libtiff",
            "libsndfile1-dev": "libsndfile", "pkg-config": "pkgconfig",
        ]
        for package in packages {
            let name = try #require(names[package], "no package of Spack is known for \(package)")
            #expect(text.contains("depends_on(\"\(name)"), "\(package)")
        }
    }

    /// The site of the Swift interface, with links that lead somewhere.
    @Test(.enabled(if: ProgramRun.runsAll, "takes a minute: scripts/test --all"))
    func siteIsWritten() throws {
        let directory = try TemporaryDirectory()
        let script = CommandRunner.repository.appendingPathComponent("scripts/docs").path
        let result = try CommandRunner.run(
            script,
            ["--check", "--build", CommandRunner.productsDirectory.path, "--site", directory.path("site")],
            timeout: 600)
        #expect(result.status == 0, "\(result.output)")
        for module in ["lockstepoperations", "locksteptesting"] {
            let page = directory.path("site/documentation/\(module)/index.html")
            #expect(FileManager.default.fileExists(atPath: page), "\(page)")
        }
    }

    /// Code on pages that are not of one example is quoted, too.
    @Test func codeOfThePageIsThatOfExamples() throws {
        let examples = CommandRunner.repository.appendingPathComponent("Examples")
        let files = FileManager.default.enumerator(at: examples, includingPropertiesForKeys: nil)
        let sources = try (files.map { $0.compactMap { $0 as? URL } } ?? [])
            .filter { $0.pathExtension == "swift" && !$0.path.contains("/.build") }
            .map { try String(contentsOf: $0, encoding: .utf8) }
        let blocks = try DocumentationPage("docs/guides/tasks-in-detail.md").blocks
            .filter { $0.language == "swift" }
        #expect(blocks.count > 5)
        for block in blocks {
            let code = block.text.hasSuffix("\n") ? String(block.text.dropLast()) : block.text
            #expect(
                sources.contains { DocumentationPage.has($0, code) }, "no example has this code:\n\(code)")
        }
    }

    @Test func linksLeadSomewhere() throws {
        for path in try DocumentationPage.all() {
            for link in try DocumentationPage(path).links {
                let parts = link.components(separatedBy: "#")
                let target = parts[0].isEmpty ? path : Self.resolve(parts[0], from: path)
                let exists = FileManager.default.fileExists(
                    atPath: CommandRunner.repository.appendingPathComponent(target).path)
                #expect(exists, "\(path): \(link)")
                guard exists, parts.count == 2, target.hasSuffix(".md") else { continue }
                #expect(try DocumentationPage(target).anchors.contains(parts[1]), "\(path): \(link)")
            }
        }
    }

    /// A readme that a newcomer reads to its end.
    @Test func readmeIsShort() throws {
        #expect(
            try DocumentationPage("README.md").text.split(separator: "\n", omittingEmptySubsequences: false)
                .count <= 151)
    }

    /// The path from the repository's root of a link in a page.
    private static func resolve(_ link: String, from page: String) -> String {
        var folders = page.components(separatedBy: "/").dropLast()
        for part in link.components(separatedBy: "/") {
            if part == ".." { folders = folders.dropLast() } else if part != "." { folders.append(part) }
        }
        return folders.joined(separator: "/")
    }
}
