# Streams written in Python that do not keep to the protocol; constants of math in const().
import io
import json
from micropython import const


class Stream(io.IOBase):
    def __init__(self, text, claim):
        self.text = text
        self.claim = claim

    def write(self, data):
        return self.claim

    def ioctl(self, request, argument):
        return 0

    def readinto(self, place):
        if not self.text:
            return 0
        n = min(len(place), len(self.text))
        place[:n] = self.text[:n]
        self.text = self.text[n:]
        return self.claim or n


def attempt(what, f):
    try:
        print(what, f())
    except OSError as e:
        print(what, "OSError", e.errno)


attempt("load", lambda: json.load(Stream(b'{"a": [1, 2]}', 0)))
attempt("too much", lambda: json.load(Stream(b"[1]", 9)))
attempt("print", lambda: print("abc", file=Stream(b"", 99)))

_TURN = const(2.0 * math.pi)
_SMALL = const(math.e)
print(_TURN > 6.28, _TURN < 6.29, _SMALL > 2.71, _SMALL < 2.72)
