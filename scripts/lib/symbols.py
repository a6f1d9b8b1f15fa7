"""Public symbols of the modules that programs import, from the compiler's symbol graphs of a finished release build."""

import concurrent.futures
import json
import pathlib
import re
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def modules():
    """The modules that `import Lockstep` brings, and LockstepTesting."""
    text = (ROOT / "Sources/Lockstep/Lockstep.swift").read_text()
    return re.findall(r"@_exported import (\w+)", text) + ["LockstepTesting"]


def compiler_flags(build):
    """What the compiler needs to load the modules: module maps of the C targets, and the headers of MPI."""
    flags = ["-I", str(build / "Modules")]
    maps = [*build.glob("*.build/module.modulemap"), *ROOT.glob("Sources/C*/module.modulemap")]
    maps += ROOT.glob(".build/checkouts/*/Sources/*/include/**/module.modulemap")
    maps += build.parent.parent.glob("checkouts/*/Sources/*/include/**/module.modulemap")
    for path in sorted({path.resolve() for path in maps}):
        flags += ["-Xcc", f"-fmodule-map-file={path}"]
    found = subprocess.run(["pkg-config", "--cflags-only-I", "ompi-c"], capture_output=True, text=True).stdout
    for flag in found.split():
        flags += ["-Xcc", flag]
    return flags


def extract(build, folder):
    """Writes the symbol graphs of all modules to the folder."""
    target = json.loads(subprocess.run(["swift", "-print-target-info"], capture_output=True, check=True).stdout)
    common = ["-target", target["target"]["triple"], *compiler_flags(build), "-output-dir", str(folder)]

    def one(module):
        command = ["swift", "symbolgraph-extract", "-module-name", module, *common]
        command += ["-minimum-access-level", "public", "-skip-synthesized-members"]
        return module, subprocess.run(command, capture_output=True, text=True)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for module, result in pool.map(one, modules()):
            if result.returncode != 0:
                raise SystemExit(
                    f"docs: no symbols of {module}; `swift build -c release` makes what they are read from:\n"
                    + (result.stdout + result.stderr).strip()
                )


class Symbol:
    """A public symbol: where it is, how it is declared, and its documentation."""

    def __init__(self, module, data):
        self.module = module
        self.kind = data["kind"]["identifier"].removeprefix("swift.")
        self.path = tuple(data["pathComponents"])
        self.identifier = data["identifier"]["precise"]
        self.declaration = "".join(part["spelling"] for part in data.get("declarationFragments", []))
        self.documentation = "\n".join(line["text"] for line in data.get("docComment", {}).get("lines", []))
        place = data.get("location")
        self.file = pathlib.Path(place["uri"].removeprefix("file://")) if place else None
        self.line = place["position"]["line"] + 1 if place else 0
        self.conforms = set()

    @property
    def place(self):
        """File and line, from the repository's root."""
        parts = self.file.parts if self.file else ()
        if "Sources" not in parts:
            return self.module
        return "/".join(parts[len(parts) - 1 - parts[::-1].index("Sources") :]) + f":{self.line}"

    def source(self, lines):
        """The first lines of the declaration in its file."""
        text = (ROOT / self.place.rpartition(":")[0]).read_text().split("\n")
        return "\n".join(text[self.line - 1 : self.line - 1 + lines])


def load(folder):
    """All public symbols that have a place in a source, in the order of the sources."""
    symbols, relations = {}, []
    for path in sorted(pathlib.Path(folder).glob("*.symbols.json")):
        graph = json.loads(path.read_text())
        module = path.name.split(".")[0].split("@")[0]
        for data in graph["symbols"]:
            symbol = Symbol(module, data)
            if symbol.file is not None:
                symbols.setdefault(symbol.identifier, symbol)
        relations += graph["relationships"]
    for relation in relations:
        if relation["kind"] == "conformsTo" and relation["source"] in symbols:
            name = relation.get("targetFallback", "").rpartition(".")[2]
            target = symbols.get(relation["target"])
            symbols[relation["source"]].conforms.add(target.path[-1] if target else name)
    return sorted(symbols.values(), key=lambda symbol: (symbol.module, symbol.place.rpartition(":")[0], symbol.line))


def all_symbols(build):
    """The public symbols of a release build."""
    with tempfile.TemporaryDirectory() as folder:
        extract(build, folder)
        return load(folder)
