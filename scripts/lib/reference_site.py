"""The site of the Swift interface: DocC's archives of all modules, merged."""

import json
import pathlib
import re
import shutil
import subprocess
import tempfile

import symbols

# DocC wants every parameter documented where one is; here self-explanatory ones have no line.
IGNORED = re.compile(r"^Parameter '.*' is missing documentation$")


def summaries():
    """A line on each module, from the map of docs/design/README.md: name -> text."""
    found = {
        "LockstepTesting": "Gradient checks and the comparison of runs on 1, 2 and 3 ranks, for tests of other packages."
    }
    for line in (symbols.ROOT / "docs/design/README.md").read_text().split("\n"):
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if len(cells) == 2:
            for name in re.findall(r"`(Lockstep\w*)`", cells[0]):
                found.setdefault(name, cells[1][:1].upper() + cells[1][1:].replace("`", "") + ".")
    return found


def write(graphs, site):
    """Builds the site from a folder of symbol graphs; returns its problems."""
    if site.exists() and any(site.iterdir()):
        return [f"{site} is not empty: remove it, or choose another folder."]
    problems, texts = [], summaries()
    with tempfile.TemporaryDirectory() as folder:
        archives = []
        for module in symbols.modules():
            work = pathlib.Path(folder, module)
            catalog = work / f"{module}.docc"
            (work / "graphs").mkdir(parents=True)
            catalog.mkdir()
            for graph in graphs.glob(f"{module}[.@]*symbols.json"):
                shutil.copy(graph, work / "graphs")
            (catalog / f"{module}.md").write_text(f"# ``{module}``\n\n{texts.get(module, '')}\n")
            archives.append(work / f"{module}.doccarchive")
            command = ["docc", "convert", str(catalog), "--additional-symbol-graph-dir", str(work / "graphs")]
            command += ["--fallback-display-name", module, "--fallback-bundle-identifier", f"lockstep.{module}"]
            command += ["--fallback-default-module-kind", "Module", "--output-path", str(archives[-1])]
            command += ["--enable-experimental-external-link-support", "--diagnostics-file", str(work / "said.json")]
            result = subprocess.run(command, capture_output=True, text=True)
            if result.returncode != 0:
                problems.append(f"{module}: docc failed:\n{result.stdout}{result.stderr}")
            elif (work / "said.json").exists():
                problems += warnings(json.loads((work / "said.json").read_text())["diagnostics"], module)
        if problems:
            return problems
        if site.exists():
            site.rmdir()
        merge = ["docc", "merge", *map(str, archives), "--synthesized-landing-page-name", "Lockstep"]
        merge += ["--synthesized-landing-page-topics-style", "list"]
        result = subprocess.run([*merge, "--output-path", str(site)], capture_output=True, text=True)
        return [] if result.returncode == 0 else [f"docc merge failed:\n{result.stdout}{result.stderr}"]


def warnings(diagnostics, module):
    """A line for each warning and error of DocC."""
    lines = []
    for said in diagnostics:
        if said["severity"] in ("warning", "error") and not IGNORED.match(said["summary"]):
            place = said.get("source", module).partition("/Sources/")[2] or module
            line = said.get("range", {}).get("start", {}).get("line", 0)
            lines.append(f"{place}:{line}: {said['summary']}")
    return lines
