/// The fields of the Kubernetes objects that the manifests use: of an MPIJob (kubeflow.org/v2beta1) all, of a pod those that
/// matter here.
enum KubernetesSchemas {
    private static let count = YAMLSchema.integer(1...10_000)
    private static let seconds = YAMLSchema.integer(0...100_000_000)
    private static let metadata = YAMLSchema.object(
        ["name": .string, "namespace": .string, "labels": .map(.string), "annotations": .map(.string)])

    static let mpiJob = YAMLSchema.object(
        [
            "apiVersion": .oneOf(["kubeflow.org/v2beta1"]), "kind": .oneOf(["MPIJob"]),
            "metadata": .object(["name": .string, "namespace": .string], required: ["name"]),
            "spec": .object(
                [
                    "slotsPerWorker": count,
                    "runLauncherAsWorker": .boolean,
                    "sshAuthMountPath": .string,
                    "launcherCreationPolicy": .oneOf(["AtStartup", "WaitForWorkersReady"]),
                    "mpiImplementation": .oneOf(["OpenMPI", "Intel", "MPICH"]),
                    "runPolicy": runPolicy,
                    "mpiReplicaSpecs": .object(
                        ["Launcher": replica(1...1), "Worker": replica(1...10_000)],
                        required: ["Launcher", "Worker"]),
                ], required: ["slotsPerWorker", "sshAuthMountPath", "runPolicy", "mpiReplicaSpecs"]),
        ], required: ["apiVersion", "kind", "metadata", "spec"])

    private static let runPolicy = YAMLSchema.object(
        [
            "cleanPodPolicy": .oneOf(["None", "Running", "All"]), "ttlSecondsAfterFinished": seconds,
            "activeDeadlineSeconds": seconds, "backoffLimit": .integer(0...1000), "suspend": .boolean,
            "managedBy": .string,
            "schedulingPolicy": .object([
                "minAvailable": count, "queue": .string, "minResources": .map(.quantity),
                "priorityClass": .string, "scheduleTimeoutSeconds": seconds,
            ]),
        ], required: ["cleanPodPolicy"])

    private static func replica(_ replicas: ClosedRange<Int>) -> YAMLSchema {
        .object(
            [
                "replicas": .integer(replicas), "restartPolicy": .oneOf(["Never", "OnFailure"]),
                "template": .object(["metadata": metadata, "spec": pod], required: ["spec"]),
            ], required: ["replicas", "restartPolicy", "template"])
    }

    private static let pod = YAMLSchema.object(
        [
            "terminationGracePeriodSeconds": seconds, "containers": .list(container),
            "securityContext": .object(["fsGroup": seconds, "runAsUser": seconds, "runAsGroup": seconds]),
            "volumes": .list(
                .object(
                    [
                        "name": .string,
                        "persistentVolumeClaim": .object(["claimName": .string], required: ["claimName"]),
                        "emptyDir": .object(["medium": .oneOf(["Memory"]), "sizeLimit": .quantity]),
                    ], required: ["name"])),
            "nodeSelector": .map(.string), "hostIPC": .boolean, "hostNetwork": .boolean,
        ], required: ["containers"])

    private static let container = YAMLSchema.object(
        [
            "name": .string, "image": .string,
            "imagePullPolicy": .oneOf(["Always", "IfNotPresent", "Never"]),
            "command": .list(.string), "args": .list(.string), "workingDir": .string,
            "env": .list(.object(["name": .string, "value": .string], required: ["name", "value"])),
            "securityContext": .object([
                "runAsUser": seconds, "runAsGroup": seconds, "allowPrivilegeEscalation": .boolean,
                "capabilities": .object(["add": .list(.string), "drop": .list(.string)]),
            ]),
            "ports": .list(
                .object(["name": .string, "containerPort": .integer(1...65535)], required: ["containerPort"])),
            "readinessProbe": .object(
                [
                    "tcpSocket": .object(["port": .integer(1...65535)], required: ["port"]),
                    "initialDelaySeconds": seconds, "periodSeconds": seconds, "failureThreshold": count,
                ], required: ["tcpSocket"]),
            "resources": .object(["requests": .map(.quantity), "limits": .map(.quantity)]),
            "volumeMounts": .list(
                .object(
                    ["name": .string, "mountPath": .string, "subPath": .string, "readOnly": .boolean],
                    required: ["name", "mountPath"])),
        ], required: ["name", "image"])

    static let claim = YAMLSchema.object(
        [
            "apiVersion": .oneOf(["v1"]), "kind": .oneOf(["PersistentVolumeClaim"]),
            "metadata": .object(["name": .string], required: ["name"]),
            "spec": .object(
                [
                    "accessModes": .list(.oneOf(["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany"])),
                    "storageClassName": .string,
                    "resources": .object(["requests": .map(.quantity)], required: ["requests"]),
                ], required: ["accessModes", "resources"]),
        ], required: ["apiVersion", "kind", "metadata", "spec"])
}
