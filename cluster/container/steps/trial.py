"""Tries a made image: the command, a training run, and the way the Kubernetes MPI operator starts one."""

import os
import subprocess
import time
from collections.abc import Callable

from .containerfile import Mistake
from .image import Image, run

SUBNET = "10.231.91"
TRAINING = ["train", "Examples/synthetic-mlp.yaml", "--set", "epochs=1", "--run-dir"]


def try_image(image: Image) -> None:
    if not image.entry_point:
        raise Mistake("the image has no ENTRYPOINT")
    print(f"== the command, as {image.user}", flush=True)
    run(image.inside(["lockstep", "--version"]))
    print("== the entry point: two ranks", flush=True)
    run(image.inside([*image.entry_point, "-n", "2", *TRAINING, "/runs/first"]))
    run(image.inside(["lockstep", "inspect", "--verify", "/runs/first"]), stdout=subprocess.DEVNULL)
    print("== a launcher and a worker, as the MPI operator starts them", flush=True)
    try_as_job(image)


def try_as_job(image: Image) -> None:
    """Two workers with sshd as the image's user, and a launcher that reaches them by their names over a network."""
    mount_secret(image)
    workers = [f"worker-{number}" for number in range(2)]
    names = "".join(f"{SUBNET}.{10 + n} {name}.job.default.svc {name}\n" for n, name in enumerate(workers))
    (image.root / "etc/hosts").write_text(f"127.0.0.1 localhost\n{SUBNET}.1 launcher\n{names}")
    mpi = image.root / "etc/mpi"
    mpi.mkdir()
    (mpi / "hostfile").write_text("".join(f"{name}.job.default.svc slots=1\n" for name in workers))
    command = [*image.entry_point, "-n", "2", *TRAINING, "/runs/job"]
    launcher = Pod(image, "launcher", image.inside(command, environment=operator_environment()))
    pods = [launcher]
    try:
        launcher.ip("link", "add", "pods", "type", "bridge")
        launcher.ip("address", "add", f"{SUBNET}.1/24", "dev", "pods")
        launcher.ip("link", "set", "pods", "up")
        for number, name in enumerate(workers):
            worker = Pod(image, name, image.inside(["/usr/sbin/sshd", "-De"]))
            pods.append(worker)
            launcher.ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", str(worker.process.pid))
            launcher.ip("link", "set", name, "master", "pods", "up")
            worker.ip("address", "add", f"{SUBNET}.{10 + number}/24", "dev", "eth0")
            worker.ip("link", "set", "eth0", "up")
            worker.go()
            launcher.wait_for_port(f"{SUBNET}.{10 + number}", image.ports[0])
        launcher.go()
        if launcher.process.wait(timeout=120) != 0:
            raise Mistake(f"the launcher of the job ended with status {launcher.process.returncode}")
    finally:
        for pod in pods:
            pod.process.kill()
            pod.process.wait()
    run(image.inside(["lockstep", "inspect", "--verify", "/runs/job"]), stdout=subprocess.DEVNULL)
    require_same_model(image)


def require_same_model(image: Image) -> None:
    first, job = (image.root / f"runs/{name}/checkpoints/latest/model.safetensors" for name in ("first", "job"))
    if first.read_bytes() != job.read_bytes():
        raise Mistake("the job's model differs from that of the entry point's run")
    holder = (image.root / "runs/job/lock").read_text()
    if "worker-0" not in holder:
        raise Mistake(f"the job's first rank was not on worker-0: {holder.strip()}")


class Pod:
    """A process with a network, a host name and a /dev/shm of its own; it waits for `go`."""

    def __init__(self, image: Image, name: str, command: list[str]):
        script = 'hostname "$1" && mount -t tmpfs -o mode=1777 shm "$2/dev/shm" && ip link set lo up && read -r go && shift 2 && exec "$@"'
        unshare = ["unshare", "--mount", "--net", "--uts", "--ipc", "bash", "-c", script, "-", name, str(image.root)]
        self.process = subprocess.Popen(unshare + command, stdin=subprocess.PIPE)
        own = os.readlink("/proc/self/ns/net")
        wait_until(lambda: os.readlink(f"/proc/{self.process.pid}/ns/net") != own, f"{name} has no network of its own")

    def enter(self, command: list[str]) -> list[str]:
        return ["nsenter", "--target", str(self.process.pid), "--net", *command]

    def ip(self, *arguments: str) -> None:
        run(self.enter(["ip", *arguments]))

    def go(self) -> None:
        self.process.stdin.write(b"go\n")
        self.process.stdin.close()

    def wait_for_port(self, address: str, port: str) -> None:
        """Until something listens at the port of another pod."""
        probe = self.enter(["bash", "-c", f"exec 3<>/dev/tcp/{address}/{port}"])

        def answers() -> bool:
            return subprocess.run(probe, stderr=subprocess.DEVNULL, check=False).returncode == 0

        wait_until(answers, f"nothing answers at {address}, port {port}")


def wait_until(condition: Callable[[], bool], problem: str) -> None:
    for _ in range(200):
        if condition():
            return
        time.sleep(0.05)
    raise Mistake(problem)


def operator_environment() -> dict[str, str]:
    """What the operator sets for an Open MPI launcher."""
    return {
        "K_MPI_JOB_ROLE": "launcher",
        "OMPI_MCA_orte_default_hostfile": "/etc/mpi/hostfile",
        "OMPI_MCA_orte_keep_fqdn_hostnames": "true",
        "OMPI_MCA_orte_set_default_slots": "1",
        "OMPI_MCA_plm_rsh_args": "-o ConnectionAttempts=10",
    }


def mount_secret(image: Image) -> None:
    """The job's key, as a mounted secret: files of root that all may read."""
    folder = image.root / "home/mpiuser/.ssh"
    run(["mount", "-t", "tmpfs", "-o", "mode=755", "secret", str(folder)])
    run(["ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-C", "", "-f", str(folder / "id_rsa")])
    (folder / "authorized_keys").write_bytes((folder / "id_rsa.pub").read_bytes())
    for file in folder.iterdir():
        file.chmod(0o644)
