"""Text files in pieces that can be encoded one by one."""

import gzip
import re


class Refusal(Exception):
    """Something that cannot be done, and what to do about it."""


PIECE = 16 << 20
BOUNDARY = re.compile(r"(?<=\S)[ \n]")


def open_text(path):
    opener = gzip.open if str(path).endswith(".gz") else open
    try:
        return opener(path, "rt", encoding="utf-8", newline="")
    except FileNotFoundError:
        raise Refusal(f"{path}: there is no such file") from None


def pieces(path, size=PIECE):
    """Yields a text in pieces of about `size` characters. A piece begins with white space after another character, where a word
    always ends, so that the tokens of the pieces are those of the whole."""
    with open_text(path) as file:
        waiting = ""
        while True:
            try:
                read = file.read(size)
            except UnicodeDecodeError as error:
                raise Refusal(f"{path}: it is not UTF-8 ({error.reason}); convert it with iconv") from None
            # There is no such position in what has been waiting.
            first = max(1, len(waiting))
            waiting += read
            if not read:
                break
            place = cut(waiting, first)
            if place:
                yield waiting[:place]
                waiting = waiting[place:]
        if waiting:
            yield waiting


def cut(text, first=1):
    """The last position, from `first` on, at which white space follows another character; 0 for none."""
    size = 1 << 12
    while True:
        start, last = max(first, len(text) - size), 0
        for match in BOUNDARY.finditer(text, start):
            last = match.start()
        if last or start == first:
            return last
        size *= 16
