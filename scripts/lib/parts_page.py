"""The text of docs/reference/parts.md: what a program can be composed of, from the doc comments of the sources."""

import re

# Sections of operations: title, and the files in Sources/LockstepOperations. Files that are not listed come last.
OPERATIONS = {
    "Elementwise": "Activation ElementwiseUnary GELU Add ElementwiseBinary Multiply Operators Scale AddBias AddPositions Cast",
    "Products, convolutions, pooling": "Matmul Linear Conv2D Convolution1D ConvolutionTranspose2D Pooling2D Upsample2D",
    "Normalization and softmax": "BatchNormalization GroupNormalization LayerNormalization RMSNormalization Softmax "
    "LogSoftmax MaskedSoftmax EmbeddingLosses",
    "Sequences": "Attention CachedAttention CrossAttention Rotary Embedding Recurrent RecurrentCell RecurrentState",
    "Reductions": "Reduce ReduceAxes Segments",
    "Shapes and indices": "Reshape Flatten Broadcast Permute SwapLeading Concatenate Slice Select Indexing",
    "Random numbers and gradients": "Dropout Noise StopGradient",
}


def summary(symbol):
    """The first sentence of the documentation."""
    paragraph = " ".join(symbol.documentation.split("\n\n")[0].split())
    paragraph = re.split(r" (?:Shapes?|Source): ", paragraph)[0]
    return re.split(r"(?<=\w\w\.|.[\])`'|\d]\.)\s+(?=[A-Z`\[])", paragraph)[0].rstrip(".")


def shapes(symbol):
    """What the documentation says of shapes, to the end of the sentence."""
    for paragraph in symbol.documentation.split("\n\n"):
        text = " ".join(paragraph.split("\n- ")[0].split())
        found = re.search(r"\bShapes?: (.*)", text)
        if found:
            return re.split(r"\.\s+(?=[A-Z`])", found.group(1))[0].rstrip(".")
    return ""


def short(declaration):
    """A declaration without what is equal in most of them."""
    text = re.sub(r"^(?:static |@\w+ )*(?:func|init|case|var) ?", "", " ".join(declaration.split()))
    text = text.replace("@escaping ", "").replace("Initializers.", ".")
    return re.sub(r" -> (?:Variable|WeightedLoss)$", "", text)


def row(*cells):
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def table(heads, rows):
    return [row(*heads), row(*["---"] * len(heads)), *rows, ""]


class Page:
    """The page, written section by section from the symbols."""

    def __init__(self, found):
        self.found = found
        self.types = {(s.module, s.path): s for s in found if s.kind in ("struct", "enum", "class", "protocol")}

    def members(self, symbol, kind):
        """The members of a type of one kind, in the order of the source."""
        return [s for s in self.found if s.kind == kind and s.path[:-1] == symbol.path and s.module == symbol.module]

    def functions(self, result):
        """Operations with this result, without operators and without overloads that refer to another one."""
        for symbol in self.found:
            is_free = symbol.kind == "func" and len(symbol.path) == 1
            if not is_free or symbol.module != "LockstepOperations" or not symbol.declaration.endswith(f"-> {result}"):
                continue
            name = re.escape(symbol.path[0].split("(")[0])
            if not re.match(rf"`{name}(?:\(.*?\))?` (?:with|without|of|on|for)\b", symbol.documentation):
                yield symbol

    def operations(self):
        lines, left = [], list(self.functions("Variable"))
        for title, files in [*OPERATIONS.items(), ("Others", None)]:
            names = files.split() if files else None
            chosen = [s for s in left if names is None or s.file.stem in names]
            left = [s for s in left if s not in chosen]
            if chosen:
                if names:
                    chosen.sort(key=lambda s: (names.index(s.file.stem), s.line))
                rows = [row(f"`{short(s.declaration)}`", summary(s), shapes(s)) for s in chosen]
                lines += [f"### {title}", "", *table(["operation", "result", "shapes"], rows)]
        return lines

    def losses(self):
        rows = [row(f"`{short(s.declaration)}`", summary(s), shapes(s)) for s in self.functions("WeightedLoss")]
        return table(["loss", "value", "shapes"], rows)

    def layers(self):
        rows = []
        for (module, path), symbol in self.types.items():
            calls = [s for s in self.found if s.path[:-1] == path and s.path[-1].startswith("callAsFunction")]
            if module != "LockstepLayers" or symbol.kind == "protocol" or not calls:
                continue
            if symbol.kind == "enum":
                makers = [f"`.{short(s.declaration)}`" for s in self.members(symbol, "enum.case")]
            else:
                makers = [
                    f"`{path[-1]}{short(s.declaration)}`"
                    for s in self.members(symbol, "init")
                    if not s.documentation.startswith("`")
                ]
            rows.append(row(f"`{path[-1]}`", "<br>".join(makers), summary(symbol), shapes(symbol)))
        return table(["layer", "made by", "what it computes", "shapes"], rows)

    def initializers(self):
        rows = [
            row(
                f"`.{short(s.declaration).split(':')[0] if s.kind == 'type.property' else short(s.declaration)}`",
                summary(s),
            )
            for s in self.found
            if s.path[0] == "Initializers" and s.declaration.partition(" { ")[0].endswith("ParameterInitializer")
        ]
        return table(["initializer", "values"], rows)

    def components(self, protocol):
        """Components of run files: the name there, the type of the configuration, and the type that has documentation."""
        for symbol in self.types.values():
            if protocol not in symbol.conforms or symbol.kind == "protocol":
                continue
            names = [s for s in self.found if s.path == (*symbol.path, "name")]
            found = re.search(r'"(\w+)"', names[0].source(2)) if names else None
            if found:
                outer = self.types.get((symbol.module, symbol.path[:-1]))
                is_nested = symbol.path[-1] == "Configuration" and outer
                yield found.group(1), symbol, outer if is_nested else symbol

    def component_table(self, protocol, section):
        rows = [
            row(f"`{name}`", f"`{'.'.join(symbol.path)}`", summary(documented))
            for name, symbol, documented in self.components(protocol)
        ]
        return [f"Keys: [{section}](keys.md#{section}).", "", *table(["in a run file", "in Swift", "what it is"], rows)]

    def conforming(self, protocol):
        rows = [
            row(f"`{'.'.join(symbol.path)}`", summary(symbol))
            for symbol in self.types.values()
            if protocol in symbol.conforms and symbol.kind != "protocol"
        ]
        return table(["type", "what it is"], rows)


def text(found):
    """The page for these symbols."""
    page = Page(found)
    lines = [
        "# Operations, layers and other parts",
        "",
        "Written by `scripts/docs` from the doc comments of the sources: what `import Lockstep` has to compose networks, losses and",
        "runs of. N is the number of samples, C channels or classes, L the length of a sequence, images are [N, H, W, C].",
        "",
        "## Operations",
        "",
        "Functions of variables; results are variables. Where an operation has weights, an overload takes parameters. The operators",
        "`+`, `-`, `*` and `/` take two variables, with broadcasting, or a variable and a `Float`.",
        "",
        *page.operations(),
        "## Losses",
        "",
        "Results are a `WeightedLoss`: a sum and its weight. [Two losses](../guides/tasks-in-detail.md#two-losses-in-one) shows how to",
        "add them, and what to do where targets are variables.",
        "",
        *page.losses(),
        "In a run file `loss` names one of",
        "",
        *page.component_table("LossComponent", "loss")[2:],
        "## Layers",
        "",
        *page.layers(),
        "## Initializers",
        "",
        "Members of `Initializers`; pass one as `initializer:` of a layer.",
        "",
        *page.initializers(),
        "## Models",
        "",
        *page.component_table("ModelComponent", "model"),
        "## Data",
        "",
        *page.component_table("DataComponent", "data"),
        "## Tasks",
        "",
        *page.component_table("TaskComponent", "loss")[2:],
        "## Metrics",
        "",
        "Sums that a task counts in an evaluation; their `values` are the metrics.",
        "",
        *page.conforming("MetricSums"),
        "## Optimizers",
        "",
        *page.component_table("OptimizerComponent", "optimizer"),
        "## Schedules",
        "",
        *page.component_table("ScheduleComponent", "schedule"),
        "## Trackers",
        "",
        *page.component_table("TrackerComponent", "trackers"),
    ]
    return "\n".join(lines).rstrip("\n") + "\n"
