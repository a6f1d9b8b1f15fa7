"""A root directory made by the instructions of a Containerfile's stage."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from .containerfile import Instruction, Mistake, Stage, parse_copy, parse_environment, parse_words

BASE = re.compile(r"(?:docker\.io/)?(?:library/)?debian:(bookworm)(?:-slim)?")


def run(command: list[str], check: bool = True, **options) -> int:
    """Runs a command with its output on ours."""
    print("+ " + " ".join(command), flush=True)
    status = subprocess.run(command, stdin=subprocess.DEVNULL, **options).returncode
    if check and status != 0:
        raise Mistake(f"ended with status {status}: {' '.join(command)}")
    return status


class Image:
    """What an engine would keep of an image: its files, environment, user, working directory and entry point.

    Works only in a mount namespace of its own: nothing is unmounted.
    """

    def __init__(self, root: Path, repository: Path, binary: Path, mirror: str):
        self.root = root
        self.repository = repository
        self.binary = binary
        self.mirror = mirror
        self.user = "root"
        self.directory = "/"
        self.environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        self.entry_point: list[str] = []
        self.ports: list[str] = []

    def make(self, stage: Stage) -> None:
        """Carries the stage out."""
        self.make_base(stage.image)
        for instruction in stage.instructions:
            print(f"== {instruction.name} {instruction.text}", flush=True)
            self.carry_out(instruction)

    def inside(
        self, command: list[str], user: str | None = None, environment: dict[str, str] | None = None
    ) -> list[str]:
        """The command line that runs a command in the root as the image says."""
        user = user or self.user
        values = self.environment | {"HOME": self.home(user)} | (environment or {})
        assignments = [f"{name}={value}" for name, value in values.items()]
        return [
            "chroot", f"--userspec={user}:{user}", str(self.root), "/usr/bin/env", "--ignore-environment",
            f"--chdir={self.directory}", *assignments, *command,
        ]  # fmt: skip

    def home(self, user: str) -> str:
        for line in (self.root / "etc/passwd").read_text().splitlines():
            fields = line.split(":")
            if fields[0] == user:
                return fields[5]
        raise Mistake(f"the image has no user {user}")

    def path(self, name: str) -> Path:
        """A path of the image, seen from outside."""
        return self.root / os.path.join(self.directory, name).lstrip("/")

    def make_base(self, image: str) -> None:
        match = BASE.fullmatch(image)
        if match is None:
            raise Mistake(f"FROM {image}: only debian:bookworm and debian:bookworm-slim can be made by debootstrap")
        run(["debootstrap", "--variant=minbase", match[1], str(self.root), self.mirror], stdout=subprocess.DEVNULL)
        # As in the base image: installing a package starts no daemon, and documentation is left out.
        policy = self.root / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        exclude = "".join(f"path-exclude=/usr/share/{name}/*\n" for name in ("doc", "man", "info", "locale"))
        (self.root / "etc/dpkg/dpkg.cfg.d/slim").write_text(exclude)
        shutil.copy("/etc/resolv.conf", self.root / "etc/resolv.conf")
        run(["mount", "-t", "proc", "proc", str(self.root / "proc")])
        run(["mount", "--rbind", "-o", "ro", "/sys", str(self.root / "sys")])
        run(["mount", "--rbind", "/dev", str(self.root / "dev")])
        run(["mount", "-t", "tmpfs", "-o", "mode=1777,size=1g", "shm", str(self.root / "dev/shm")])

    def carry_out(self, instruction: Instruction) -> None:
        match instruction.name:
            case "RUN":
                run(self.inside(["DEBIAN_FRONTEND=noninteractive", "/bin/sh", "-c", instruction.text]))
            case "COPY":
                self.copy(instruction)
            case "ENV":
                self.environment |= parse_environment(instruction)
            case "WORKDIR":
                self.directory = instruction.text
                self.path("").mkdir(parents=True, exist_ok=True)
            case "USER":
                self.home(instruction.text)
                self.user = instruction.text
            case "EXPOSE":
                self.ports.append(instruction.text.removesuffix("/tcp"))
            case "ENTRYPOINT":
                self.entry_point = parse_words(instruction)

    def copy(self, instruction: Instruction) -> None:
        copy = parse_copy(instruction)
        target = self.path(copy.target)
        into = copy.target.endswith("/") or len(copy.sources) > 1
        for name in copy.sources:
            source = self.binary if copy.stage is not None else self.repository / name
            if copy.stage is not None and Path(name).name != self.binary.name:
                raise instruction.refuse(
                    f"takes {name} from stage {copy.stage}, of which only {self.binary.name} is at hand"
                )
            if source.is_dir():
                shutil.copytree(source, target, dirs_exist_ok=True)
            else:
                place = target / source.name if into else target
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, place)
                if copy.stage is not None:
                    self.copy_swift_libraries(place)

    def copy_swift_libraries(self, program: Path) -> None:
        """Swift's shared libraries, for a binary that does not have them inside."""
        text = subprocess.run(["ldd", str(self.binary)], capture_output=True, text=True, check=True).stdout
        libraries = [line.split()[2] for line in text.splitlines() if "=>" in line and "/swift/" in line]
        if not libraries:
            return
        print(f"   and {len(libraries)} shared libraries of Swift", flush=True)
        folder = self.root / "usr/local/lib/swift-runtime"
        folder.mkdir(parents=True)
        for library in libraries:
            shutil.copy(library, folder)
        (self.root / "etc/ld.so.conf.d/swift-runtime.conf").write_text("/usr/local/lib/swift-runtime\n")
        run(self.inside(["ldconfig"], user="root"))
