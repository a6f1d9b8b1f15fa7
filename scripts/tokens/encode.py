"""The encoder behind scripts/tokens/encode, which says how it is used."""

import argparse
import os
import pathlib
import sys

import numpy as np
from texts import PIECE, Refusal, pieces
from tokenizers import Tokenizer


def load(path):
    if not os.path.exists(path):
        raise Refusal(f"{path}: there is no such file; scripts/tokens/train makes one")
    try:
        tokenizer = Tokenizer.from_file(path)
    except Exception as error:
        raise Refusal(f"{path}: it is not a tokenizer.json ({error})") from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def is_divisible(tokenizer):
    """Whether a text can be encoded in pieces, which begin with white space: a byte-level tokenizer that adds no space to their
    beginnings, and without an added token that takes white space after another character."""
    splitter = tokenizer.pre_tokenizer
    added = tokenizer.get_added_tokens_decoder().values()
    return (
        tokenizer.normalizer is None
        and type(splitter).__name__ == "ByteLevel"
        and not splitter.add_prefix_space
        and splitter.use_regex
        and not any(token.rstrip or any(map(str.isspace, token.content)) for token in added)
    )


def tokens_of(tokenizer, path, separator, size=PIECE):
    for piece in pieces(path, size if is_divisible(tokenizer) else sys.maxsize):
        yield tokenizer.encode(piece, add_special_tokens=False).ids
    if separator is not None:
        yield [separator]


def main():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--separator")
    options = parser.parse_args()
    ending = pathlib.Path(options.output).suffix
    if ending not in (".bin", ".npy"):
        raise Refusal(f"{options.output}: the file to write ends in .bin or .npy")
    tokenizer = load(options.tokenizer)
    separator = None
    if options.separator is not None:
        separator = tokenizer.token_to_id(options.separator)
        if separator is None:
            raise Refusal(f"--separator: the tokenizer has no token '{options.separator}'")
    vocabulary = 1 + max(tokenizer.get_vocab(with_added_tokens=True).values())
    kind = "uint16" if vocabulary <= 1 << 16 else "uint32"
    # It appears at its path when it is complete.
    part, count = f"{options.output}.part", 0
    try:
        with open(part, "wb") as file:
            for path in options.paths:
                for ids in tokens_of(tokenizer, path, separator):
                    np.array(ids, "<u2" if kind == "uint16" else "<u4").tofile(file)
                    count += len(ids)
        if count == 0:
            raise Refusal("there are no tokens: the texts are empty")
        if ending == ".npy":
            numbers = np.fromfile(part, kind)
            with open(part, "wb") as file:
                np.save(file, numbers)
        os.replace(part, options.output)
    finally:
        pathlib.Path(part).unlink(missing_ok=True)
    print(f"{options.output}: {count} tokens of {vocabulary}, {kind}")
    suffix = ", type: uint32" if kind == "uint32" and ending == ".bin" else ""
    print(f"  run file: data: {{tokens: {{path: {options.output}, vocabulary: {vocabulary}{suffix}}}}}")


if __name__ == "__main__":
    try:
        main()
    except Refusal as error:
        sys.exit(f"encode: {error}")
    except OSError as error:
        sys.exit(f"encode: {error.filename}: {error.strerror}")
