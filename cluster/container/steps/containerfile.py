"""Reads a Containerfile: the instructions and forms that the project's own uses, and no others."""

import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

KNOWN = ("FROM", "RUN", "COPY", "ENV", "WORKDIR", "USER", "EXPOSE", "ENTRYPOINT")


class Mistake(Exception):
    """What cannot be done, in one line."""


@dataclass
class Instruction:
    """One instruction: its name, its text, and where it begins."""

    name: str
    text: str
    place: str

    def refuse(self, why: str) -> Mistake:
        return Mistake(f"{self.place}: {self.name} {why}")


@dataclass
class Stage:
    """A FROM and what follows it."""

    image: str
    name: str
    instructions: list[Instruction] = field(default_factory=list)


@dataclass
class Copy:
    """COPY [--from=STAGE] SOURCE... TARGET."""

    stage: str | None
    sources: list[str]
    target: str


def parse(text: str, path: str) -> list[Stage]:
    """The stages in their order."""
    stages: list[Stage] = []
    for instruction in read_instructions(text, path):
        if instruction.name == "FROM":
            match = re.fullmatch(r"(\S+)(?:\s+[Aa][Ss]\s+(\S+))?", instruction.text)
            if match is None:
                raise instruction.refuse("must be `FROM IMAGE` or `FROM IMAGE AS NAME`")
            stages.append(Stage(match[1], match[2] or ""))
        elif not stages:
            raise instruction.refuse("stands before the first FROM")
        else:
            check_form(instruction)
            stages[-1].instructions.append(instruction)
    if not stages:
        raise Mistake(f"{path}: there is no FROM")
    return stages


def last_stage(stages: list[Stage]) -> Stage:
    """The stage that becomes the image; what it copies from others must name them."""
    names = [stage.name for stage in stages[:-1]]
    for instruction in stages[-1].instructions:
        if instruction.name == "COPY":
            origin = parse_copy(instruction).stage
            if origin is not None and origin not in names:
                raise instruction.refuse(f"--from={origin}: there is no such stage")
    return stages[-1]


def require_sources(stages: list[Stage], repository: Path) -> None:
    """Every file that is copied from the repository must exist."""
    for stage in stages:
        for instruction in stage.instructions:
            if instruction.name != "COPY":
                continue
            copy = parse_copy(instruction)
            for source in copy.sources if copy.stage is None else []:
                if not (repository / source).exists():
                    raise instruction.refuse(f"there is no {source} in the repository")


def read_instructions(text: str, path: str) -> list[Instruction]:
    """Joins continued lines and drops comments."""
    found: list[Instruction] = []
    parts: list[str] = []
    start = 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#") or not (parts or line.strip()):
            continue
        start = start if parts else number
        continued = line.rstrip().endswith("\\")
        parts.append(line.rstrip().removesuffix("\\").strip())
        if continued:
            continue
        name, _, rest = " ".join(parts).partition(" ")
        parts = []
        instruction = Instruction(name.upper(), rest.strip(), f"{path}:{start}")
        if instruction.name not in KNOWN:
            raise Mistake(
                f"{instruction.place}: {name} is not an instruction that run-steps knows ({', '.join(KNOWN)})"
            )
        found.append(instruction)
    if parts:
        raise Mistake(f"{path}:{start}: the last line is continued")
    return found


def check_form(instruction: Instruction) -> None:
    """Refuses forms that are not carried out."""
    match instruction.name:
        case "RUN":
            if instruction.text.startswith(("[", "--")) or "<<" in instruction.text:
                raise instruction.refuse("must be a shell command, without options or here-documents")
        case "COPY":
            parse_copy(instruction)
        case "ENV":
            parse_environment(instruction)
        case "WORKDIR":
            if not instruction.text.startswith("/"):
                raise instruction.refuse("must be an absolute path")
        case "ENTRYPOINT":
            parse_words(instruction)
        case "USER":
            if not re.fullmatch(r"[a-z_][a-z0-9_-]*", instruction.text):
                raise instruction.refuse("must be the name of a user")
        case "EXPOSE":
            if not re.fullmatch(r"\d+(/tcp)?", instruction.text):
                raise instruction.refuse("must be one TCP port")


def parse_copy(instruction: Instruction) -> Copy:
    words = shlex.split(instruction.text)
    stage = None
    while words and words[0].startswith("--"):
        option = words.pop(0)
        if not option.startswith("--from="):
            raise instruction.refuse(f"has an option that is not carried out: {option}")
        stage = option.removeprefix("--from=")
    if len(words) < 2 or any(re.search(r"[*?\[$]", word) for word in words):
        raise instruction.refuse("must be `COPY [--from=STAGE] SOURCE... TARGET`, without wildcards and variables")
    return Copy(stage, words[:-1], words[-1])


def parse_environment(instruction: Instruction) -> dict[str, str]:
    values = {}
    for word in shlex.split(instruction.text):
        name, equals, value = word.partition("=")
        if not equals or not re.fullmatch(r"[A-Za-z_]\w*", name) or "$" in value:
            raise instruction.refuse("must be NAME=VALUE ..., without variables in the values")
        values[name] = value
    return values


def parse_words(instruction: Instruction) -> list[str]:
    try:
        words = json.loads(instruction.text)
    except ValueError:
        words = None
    if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
        raise instruction.refuse('must be a JSON list of strings: ["program", "argument"]')
    return words
