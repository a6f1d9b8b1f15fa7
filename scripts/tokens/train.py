"""The trainer behind scripts/tokens/train, which says how it is used."""

import argparse
import os
import sys

from texts import Refusal, pieces
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers


def train(paths, vocabulary, minimum=2):
    """A tokenizer like GPT-2's."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        min_frequency=minimum,
        special_tokens=["<|endoftext|>"],
        # Without it, bytes that the files do not have could not be encoded.
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator((piece for path in paths for piece in pieces(path, 1 << 20)), trainer)
    return tokenizer


def main():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--output", required=True)
    parser.add_argument("--vocabulary", type=int, default=32000)
    parser.add_argument("--minimum", type=int, default=2)
    options = parser.parse_args()
    if options.vocabulary < 258:
        raise Refusal("--vocabulary must be 258 or more: 256 bytes, <|endoftext|>, and merged tokens")
    tokenizer = train(options.paths, options.vocabulary, options.minimum)
    # It appears at its path when it is complete.
    part = f"{options.output}.part"
    tokenizer.save(part)
    os.replace(part, options.output)
    count = tokenizer.get_vocab_size()
    print(f"{options.output}: {count} tokens")
    if count < options.vocabulary:
        print("  The texts have no more pairs that occur often enough; --minimum 1 or more text gives more tokens.")


if __name__ == "__main__":
    try:
        main()
    except Refusal as error:
        sys.exit(f"train: {error}")
    except OSError as error:
        sys.exit(f"train: {error.filename}: {error.strerror}")
