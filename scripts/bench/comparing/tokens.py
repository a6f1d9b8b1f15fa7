#!/usr/bin/env python3
"""Random tokens for the networks that are compared on them: their values do not affect the time of a step.

scripts/bench/comparing/tokens.py     writes runs/data/tokens-50257.bin, for sizes/gpt2-small-50257.yaml"""

import array
import os
import pathlib
import random
import sys

repository = pathlib.Path(__file__).resolve().parents[3]
vocabularies = {"gpt2-small-50257": 50257}
count = 2_000_000


def make(vocabulary):
    """Writes a file of 16-bit tokens, little-endian, unless it is there."""
    path = repository / f"runs/data/tokens-{vocabulary}.bin"
    if path.exists() and path.stat().st_size == 2 * count:
        return path
    tokens = array.array("H", random.Random(1).choices(range(vocabulary), k=count))
    if sys.byteorder == "big":
        tokens.byteswap()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(tokens.tobytes())
    os.replace(part, path)
    return path


def prepare(family):
    """Writes the tokens of a family that needs them."""
    if family in vocabularies:
        make(vocabularies[family])


if __name__ == "__main__":
    if {"-h", "--help"} & set(sys.argv[1:]):
        sys.exit(print(__doc__))
    for vocabulary in vocabularies.values():
        print(make(vocabulary))
