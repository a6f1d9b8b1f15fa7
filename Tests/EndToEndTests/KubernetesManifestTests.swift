import Foundation
import Testing
import Yams

/// cluster/kubernetes: the fields of the manifests are those of the API, and fit each other and the image.
@Suite struct KubernetesManifestTests {
    private static func text(_ path: String) throws -> String {
        try String(contentsOf: CommandRunner.repository.appendingPathComponent(path), encoding: .utf8)
    }

    private func job(_ text: String) throws -> Node {
        try #require(try Yams.compose(yaml: text))
    }

    private func container(_ job: Node, _ role: String) throws -> Node {
        try #require(job["spec"]?["mpiReplicaSpecs"]?[role]?["template"]?["spec"]?["containers"]?[0])
    }

    @Test func fieldsAreKnown() throws {
        let job = try job(KubernetesManifestTests.text("cluster/kubernetes/mpijob.yaml"))
        #expect(KubernetesSchemas.mpiJob.problems(job, at: "MPIJob") == [])
        let claim = try #require(
            try Yams.compose(yaml: KubernetesManifestTests.text("cluster/kubernetes/runs-claim.yaml")))
        #expect(KubernetesSchemas.claim.problems(claim, at: "claim") == [])
        #expect(claim["spec"]?["accessModes"]?[0]?.string == "ReadWriteMany")
    }

    @Test(arguments: [
        ("slotsPerWorker: 2", "slots: 2", "MPIJob.spec.slotsPerWorker is missing"),
        (
            "cleanPodPolicy: Running", "cleanPodPolicy: Done",
            "MPIJob.spec.runPolicy.cleanPodPolicy must be one"
        ),
        ("kubeflow.org/v2beta1", "kubeflow.org/v1", "MPIJob.apiVersion must be one of"),
        ("restartPolicy: OnFailure", "restartPolicy: Always", "Launcher.restartPolicy must be one of"),
        ("    Worker:", "    Workers:", "Workers is not a known field"),
        ("replicas: 2", "replicas: 0", "Worker.replicas must be a whole number from 1"),
        ("backoffLimit: 10", "backoffLimit: \"10\"", "backoffLimit must be a whole number"),
        ("\"-n\", \"4\"", "\"-n\", 4", "args[1] must be a text"),
        ("memory: 4Gi", "memory: 4 GB", "requests.memory must be an amount"),
        ("medium: Memory", "medium: memory", "emptyDir.medium must be one of Memory"),
    ]) func mistakesAreSeen(_ good: String, _ bad: String, _ problem: String) throws {
        let text = try KubernetesManifestTests.text("cluster/kubernetes/mpijob.yaml")
        #expect(text.contains(good))
        let problems = KubernetesSchemas.mpiJob.problems(
            try job(text.replacingOccurrences(of: good, with: bad)), at: "MPIJob")
        #expect(problems.contains { $0.contains(problem) }, "\(problems)")
    }

    @Test func partsFitEachOther() throws {
        let job = try job(KubernetesManifestTests.text("cluster/kubernetes/mpijob.yaml"))
        let spec = try #require(job["spec"])
        let workers = try #require(spec["mpiReplicaSpecs"]?["Worker"]?["replicas"]?.int)
        let arguments = try #require(try container(job, "Launcher")["args"]).array().compactMap(\.string)
        let ranks = try #require(arguments.firstIndex(of: "-n")).advanced(by: 1)
        #expect(Int(arguments[ranks]) == spec["slotsPerWorker"]?.int.map { $0 * workers })
        #expect(arguments.contains("--resume"))
        let file = try #require(arguments.first { $0.hasSuffix(".yaml") })
        #expect(
            FileManager.default.fileExists(
                atPath: CommandRunner.repository.appendingPathComponent(file).path))
        for role in ["Launcher", "Worker"] {
            let pod = try #require(spec["mpiReplicaSpecs"]?[role]?["template"]?["spec"])
            let volumes = pod["volumes"]?.array().compactMap { $0["name"]?.string } ?? []
            let mounts = try container(job, role)["volumeMounts"]?.array() ?? []
            #expect(Set(mounts.compactMap { $0["name"]?.string }) == Set(volumes), "\(role)")
            #expect(mounts.contains { $0["mountPath"]?.string == "/runs" }, "\(role)")
            #expect(try container(job, role)["resources"]?["limits"] != nil, "\(role)")
        }
        let mounts = try #require(try container(job, "Worker")["volumeMounts"]?.array())
        #expect(mounts.contains { $0["mountPath"]?.string == "/dev/shm" })
        let claim = try KubernetesManifestTests.text("cluster/kubernetes/runs-claim.yaml")
        #expect(claim.contains("name: lockstep-runs"))
        #expect(try KubernetesManifestTests.text("cluster/kubernetes/mpijob.yaml").contains("SYS_PTRACE"))
    }

    @Test func manifestFitsTheImage() throws {
        let job = try job(KubernetesManifestTests.text("cluster/kubernetes/mpijob.yaml"))
        let image = try KubernetesManifestTests.text("cluster/container/Containerfile")
        let daemon = try KubernetesManifestTests.text("cluster/container/sshd_config")
        let client = try KubernetesManifestTests.text("cluster/container/ssh_config")
        let worker = try container(job, "Worker")
        let port = try #require(worker["ports"]?[0]?["containerPort"]?.int)
        #expect(worker["readinessProbe"]?["tcpSocket"]?["port"]?.int == port)
        #expect(image.contains("EXPOSE \(port)\n"))
        #expect(daemon.contains("Port \(port)\n") && client.contains("Port \(port)\n"))
        let mount = try #require(job["spec"]?["sshAuthMountPath"]?.string)
        #expect(daemon.contains("HostKey \(mount)/id_rsa\n"))
        for role in ["Launcher", "Worker"] {
            let user = try #require(try container(job, role)["securityContext"]?["runAsUser"]?.int)
            #expect(image.contains("useradd --uid \(user) "), "\(role)")
            #expect(mount.hasPrefix("/home/mpiuser") && image.contains("USER mpiuser"))
        }
    }
}
