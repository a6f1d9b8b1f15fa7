#!/usr/bin/env python3
"""Writes some of the images of Fashion-MNIST as PNG files in folders of their classes.

Usage: scripts/lib/image_folder.py FOLDER [SOURCE]; writes FOLDER/train and FOLDER/test, 1,000 and 200 images of each class.
SOURCE has the four gzipped IDX files; default: where Debian's package dataset-fashion-mnist puts them. Needs no packages.
"""

import gzip
import pathlib
import struct
import sys
import zlib

if {"-h", "--help"} & set(sys.argv[1:]) or len(sys.argv) < 2:
    sys.exit(print(__doc__))

NAMES = ["t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle-boot"]
SIDE = 28


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(pixels):
    """A grey image of 28 x 28 bytes as a PNG file."""
    rows = b"".join(b"\0" + pixels[row * SIDE : (row + 1) * SIDE] for row in range(SIDE))
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def write(folder, images, labels, limit):
    images, labels = gzip.open(images).read()[16:], gzip.open(labels).read()[8:]
    counts = [0] * len(NAMES)
    for number, label in enumerate(labels):
        if counts[label] == limit:
            continue
        target = folder / NAMES[label] / f"{number:05}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(png(images[number * SIDE * SIDE : (number + 1) * SIDE * SIDE]))
        counts[label] += 1


def main():
    folder = pathlib.Path(sys.argv[1])
    source = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "/usr/share/datasets/fashion-mnist")
    for split, name, limit in (("test", "t10k", 200), ("train", "train", 1000)):
        write(folder / split, source / f"{name}-images-idx3-ubyte.gz", source / f"{name}-labels-idx1-ubyte.gz", limit)


if __name__ == "__main__":
    main()
