"""Runs commands from stdin on a LittleFS image with the C reference implementation (PyPI littlefs-python).

Usage: reference.py IMAGE BLOCK_SIZE BLOCK_COUNT BLOCK_CYCLES [CUT_AT]

With CUT_AT the power goes at that write: the image is left as it is then, and `cut in command N` is printed.

Commands: format; mkdir P; write P SEED LEN; append P SEED LEN; remove P; rename P Q; mtime P NS; dump.
`dump` prints `D path` and `F path size crc32 mtime` lines, sorted. The image is written back at the end.
"""

import os
import sys
import zlib

from littlefs import LittleFS, LittleFSError
from littlefs.context import UserContext

MTIME = 1
DEBUG = bool(os.environ.get("REFERENCE_DEBUG"))


class NorFlash(UserContext):
    """Refuses to set bits without an erase, as flash would. May stop at a given write, which takes half effect."""

    cut_at = None
    writes = 0

    def half_if_cut(self, size):
        """How much of a write takes effect, and whether the power goes."""
        self.writes += 1
        if self.cut_at is not None and self.writes > self.cut_at:
            return size // 2, True
        return size, False

    def read(self, cfg, block, off, size):
        start = block * cfg.block_size + off
        return self.buffer[start : start + size]

    def prog(self, cfg, block, off, data):
        start = block * cfg.block_size + off
        old = int.from_bytes(self.buffer[start : start + len(data)], "little")
        if int.from_bytes(data, "little") & ~old:
            raise SystemExit("program over bytes that are not erased")
        size, cut = self.half_if_cut(len(data))
        self.buffer[start : start + size] = data[:size]
        if cut:
            self.stop()
        return 0

    def erase(self, cfg, block):
        start = block * cfg.block_size
        size, cut = self.half_if_cut(cfg.block_size)
        self.buffer[start : start + size] = b"\xff" * size
        if cut:
            self.stop()
        return 0

    def stop(self):
        with open(self.path, "wb") as file:
            file.write(self.buffer)
        print("cut in command", self.command, flush=True)
        os._exit(0)


def pattern(seed, length):
    return bytes((at * 31 ^ seed * 77 ^ (at >> 8)) & 0xFF for at in range(length))


def mtime(fs, path):
    try:
        return int.from_bytes(fs.getattr(path, MTIME), "little")
    except LittleFSError:
        return 0


def exists(fs, path):
    try:
        fs.stat(path)
        return True
    except LittleFSError:
        return False


def dump(fs):
    lines = []
    for root, dirs, files in fs.walk("/"):
        base = root.rstrip("/") + "/"
        for name in dirs:
            lines.append("D " + base + name)
        for name in files:
            path = base + name
            with fs.open(path, "rb") as file:
                data = file.read()
            assert fs.stat(path).size == len(data)
            lines.append("F %s %d %d %d" % (path, len(data), zlib.crc32(data), mtime(fs, path)))
    print("\n".join(sorted(lines)))


def main():
    image, block_size, block_count, block_cycles = sys.argv[1], *map(int, sys.argv[2:5])
    with open(image, "rb") as file:
        flash = NorFlash(buffer=bytearray(file.read()))
    flash.path = image
    flash.cut_at = int(sys.argv[5]) if len(sys.argv) > 5 else None
    fs = LittleFS(
        context=flash,
        mount=False,
        block_size=block_size,
        block_count=block_count,
        block_cycles=block_cycles,
        read_size=32,
        prog_size=32,
        cache_size=128,
        lookahead_size=32,
    )
    mounted = False
    for number, line in enumerate(sys.stdin):
        flash.command = number
        if DEBUG:
            print(line, end="", file=sys.stderr)
        command, *args = line.split()
        if command == "format":
            fs.format()
            continue
        if not mounted:
            fs.mount()
            mounted = True
        if command in ("write", "append"):
            # Opening for appending does not make a file in this binding.
            mode = "ab" if command == "append" and exists(fs, args[0]) else "wb"
            with fs.open(args[0], mode) as file:
                file.write(pattern(int(args[1]), int(args[2])))
        elif command == "mkdir":
            fs.mkdir(args[0])
        elif command == "remove":
            fs.remove(args[0])
        elif command == "rename":
            fs.rename(args[0], args[1])
        elif command == "mtime":
            fs.setattr(args[0], MTIME, int(args[1]).to_bytes(8, "little"))
        elif command == "dump":
            dump(fs)
        else:
            raise SystemExit("unknown command " + command)
    if mounted:
        fs.unmount()
    with open(image, "wb") as file:
        file.write(flash.buffer)


main()
