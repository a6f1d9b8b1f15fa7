"""The variants of a PyTorch step; a calibration tries those that apply, and the fastest is measured.

A variant is a set of words joined by `+`:
  eager, compile, autotune      execution of the network: as written, torch.compile, torch.compile with mode max-autotune-no-cudagraphs
  plain, channels_last          the layout of images
  time_major                    the recurrence over [T, N, ...] instead of [N, T, ...]
  fused, foreach, compiled      the optimizer: PyTorch's fused kernel, its multi-tensor form, that form compiled with the clipping
  bucket_view, static_graph, one_bucket     options of DistributedDataParallel
  outer                         torch.compile around DistributedDataParallel instead of inside
"""

from comparing import cases


def candidates(family, ranks):
    """The variants to try first: how the network runs, with the fused optimizer."""
    layouts = ["plain", "channels_last"] if cases.kind(family) in ("cnn", "resnet") else ["plain"]
    if cases.kind(family) == "lstm":
        layouts = ["plain", "time_major"]
    result = [f"{way}+{layout}+fused" for way in ("eager", "compile", "autotune") for layout in layouts]
    if ranks > 1:
        result = [f"{variant}+bucket_view" for variant in result]
    return result


def refinements(variant, ranks):
    """The variants to try next: a good one with the other optimizers and the other options of DDP."""
    words = variant.split("+")
    others = ["+".join(other if word == "fused" else word for word in words) for other in ("foreach", "compiled")]
    if ranks > 1:
        others += [
            variant + "+static_graph",
            variant + "+one_bucket",
            "+".join(word for word in words if word != "bucket_view"),
        ]
        if "eager" not in words:
            others.append(variant + "+outer")
    return others


def combination(variant, refined):
    """Combines all refinements that made a variant faster (`refined`). None if there is nothing to combine."""
    words = variant.split("+")
    for other in refined:
        other = other.split("+")
        if len(other) == len(words) and "fused" in words:
            words = [b if a == "fused" else a for a, b in zip(words, other)] if "fused" not in other else words
        words += [word for word in other if word not in words and word not in ("foreach", "compiled", "fused")]
    return "+".join(words) if len(refined) > 1 else None


def distance(one, other):
    """The number of words in which two variants differ."""
    return len(set(one.split("+")) ^ set(other.split("+")))
