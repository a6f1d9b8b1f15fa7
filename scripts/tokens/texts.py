"""Text files in pieces that can be encoded one by one."""

import gzip


class Refusal(Exception):
    """Something that cannot be done, and what to do about it."""


PIECE = 16 << 20


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
            waiting += read
            if not read:
                break
            place = cut(waiting)
            if place:
                yield waiting[:place]
                waiting = waiting[place:]
        if waiting:
            yield waiting


def cut(text):
    """The last position at which white space follows another character; 0 for none."""
    end = len(text)
    while end > 0:
        place = max(text.rfind(" ", 0, end), text.rfind("\n", 0, end))
        if place <= 0:
            return 0
        if not text[place - 1].isspace():
            return place
        end = place
    return 0
