"""What a test should print."""
import functools
import os
import re
import resource
import subprocess
import sys

WILDCARD = b"########\n"
OPEN_FILES = (1024, 1024)  # some tests try the first number beyond


@functools.lru_cache(maxsize=None)
def expected_output(path):
    """(output, whether it stands in a file): from .exp, or what CPython prints."""
    for exp in (path + ".bytecode.exp", path + ".exp"):
        if os.path.isfile(exp):
            with open(exp, "rb") as f:
                return f.read().replace(b"\r\n", b"\n"), True
    run = subprocess.run(
        [sys.executable, "-BS", path], cwd=os.path.dirname(path), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, env=dict(os.environ, PYTHONIOENCODING="utf-8"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, OPEN_FILES),
    )
    if run.returncode:
        return b"CPython fails here:\n" + run.stdout, False
    return run.stdout.replace(b"\r\n", b"\n"), False


def line_pattern(line):
    """A line of an .exp file with wildcards: `\\` makes the next character part of a regular expression."""
    pattern, escaped = "", False
    for c in line.decode().rstrip("\n"):
        if escaped:
            pattern, escaped = pattern + c, False
        elif c == "\\":
            escaped = True
        else:
            pattern += "\\" + c if c in "()[]{}.*+^$" else c
    return re.compile(pattern.encode() + b"\r*\n")


def rewrite_wildcards(expected, output):
    """The output, its last line ended, with each line that fits its pattern replaced by that pattern: a full match
    is equality."""
    wanted = expected.splitlines(True)
    lines = output.split(b"\n")
    if not lines[-1] and len(lines) > 1:
        lines.pop()
    lines = [line + b"\n" for line in lines]
    at = 0
    for i, line in enumerate(wanted):
        if at >= len(lines):
            break
        if line == WILDCARD:
            following = line_pattern(wanted[i + 1]) if i + 1 < len(wanted) else None
            end = at
            while end < len(lines) and not (following and following.match(lines[end])):
                end += 1
            if following and end >= len(lines):
                return b"".join(lines[:at]) + b"(the wildcard's end was not found)\n"
            lines[at:end] = [WILDCARD]
        elif line_pattern(line).match(lines[at]):
            lines[at] = line
        at += 1
    return b"".join(lines)
