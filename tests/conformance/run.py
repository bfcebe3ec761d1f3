#!/usr/bin/env python3
"""Runs MicroPython's own test suite against Snakeye and scores it by name.

usage: run.py SNAKEYE TESTS [--jobs N] [--only TEXT] [--report FILE]

TESTS is the `tests` folder of a MicroPython checkout (its reference commit stands in reference.txt). A test passes
when its output is that of its .exp file, of its unittest summary, or of CPython. Every name of reference.txt (what
MicroPython's own builds pass) must pass; the exceptions stand in docs/differences.md, each with its reason. A name
there that passes is reported too: the list only shrinks. The last line is `N passed, N failed, N skipped`; skipped are
tests outside reference.txt that skip themselves.
"""
import argparse
import collections
import concurrent.futures
import contextlib
import os
import re
import subprocess
import sys
import threading

from process import Runner
from expected import expected_output, rewrite_wildcards

HERE = os.path.dirname(os.path.abspath(__file__))
DIFFERENCES = os.path.join(HERE, "../../docs/differences.md")
FOLDERS = "basics float micropython import io unicode extmod stress misc thread cmdline ports/unix".split()
# Their .exp files hold wildcard lines although they are run as plain scripts.
WITH_WILDCARDS = {
    "micropython/meminfo.py", "basics/bytes_compare3.py", "basics/builtin_help.py",
    "basics/weakref_callback_exception.py", "misc/sys_settrace_cov.py", "ports/unix/extra_coverage.py",
    "thread/thread_exc2.py",
}
UNITTEST = re.compile(rb"-{70}\nRan \d+ tests\n\n(?:(OK)(?: \(skipped=\d+\))?|FAILED \(.*\))\n?$")
# Tests that use a fixed local port or file name must not meet.
SHARED = re.compile(rb"127\.0\.0\.1|testfile")


class Reference:
    """What MicroPython's builds pass: the standard one, and more in the one for coverage."""

    def __init__(self):
        self.commit = ""
        self.standard, self.coverage = set(), set()
        with open(os.path.join(HERE, "reference.txt")) as f:
            for line in f:
                words = line.split()
                if words[0] == "#":
                    self.commit = self.commit or words[-1]
                elif words[-1] == "coverage":
                    self.coverage.add(words[0])
                else:
                    self.standard.add(words[0])


def documented_differences():
    """Names in the tables of docs/differences.md: `folder/name.py` in the first column, a trailing * allowed."""
    with open(DIFFERENCES) as f:
        return re.findall(r"^\| `([\w/*.-]+\.py)` \|", f.read(), re.M)


def matches(name, patterns):
    return any(re.fullmatch(re.escape(p).replace(r"\*", ".*"), name) for p in patterns)


def run_one(runner, tests, name, lock):
    path = os.path.join(tests, name)
    with open(path, "rb") as f:
        shared = SHARED.search(f.read())
    with lock if shared else contextlib.nullcontext():
        command_line = name.startswith("cmdline/")
        output, ended_well = runner.with_options(path) if command_line else runner.script(path)
    if output in (b"SKIP\n", b"SKIP-TOO-LARGE\n") or command_line and ended_well and b"\nSKIP\n" in output:
        return "skipped"
    summary = UNITTEST.search(output)
    if summary:
        return "passed" if summary[1] else "failed"
    expected, from_file = expected_output(path)
    if ended_well and from_file and (command_line or name in WITH_WILDCARDS):
        output = rewrite_wildcards(expected, output)
    return "passed" if output == expected and (ended_well or command_line) else "failed"


def verdicts(results, reference, differences):
    """Yields (name, what is wrong) for all that is not as documented."""
    for name in sorted(reference.standard | reference.coverage):
        result = results.get(name)
        known = matches(name, differences)
        if result is None:
            continue
        if result != "passed" and not known:
            yield name, result + ", and not in docs/differences.md"
        if result == "passed" and name in differences:
            yield name, "passes: take it out of docs/differences.md"


def score(results, names):
    run = [n for n in names if n in results]
    return sum(results[n] == "passed" for n in run), len(run)


def write_report(path, results, reference, differences):
    rows = []
    for folder in FOLDERS:
        of = collections.Counter(r for n, r in results.items() if os.path.dirname(n) == folder)
        rows.append("| %s | %d | %d | %d | %d |" % (folder, sum(of.values()), of["passed"], of["skipped"], of["failed"]))
    standard = score(results, reference.standard)
    union = score(results, reference.standard | reference.coverage)
    with open(path, "w") as f:
        f.write(
            "# Conformance\n\nMicroPython's own test suite at commit %s, run against the `snakeye` command on Linux x86-64 by\n"
            "`cargo xtask conformance TESTS --report docs/conformance.md`, where TESTS is the `tests` folder of a checkout.\n\n"
            % reference.commit
            + "Of the %d tests that MicroPython's standard unix build passes, Snakeye passes %d (%.1f %%); of the %d that\n"
            "its standard or coverage build passes, %d (%.1f %%). Every other name stands in\n"
            "[differences.md](differences.md) with its reason.\n\n"
            % (standard[1], standard[0], 100 * standard[0] / max(1, standard[1]),
               union[1], union[0], 100 * union[0] / max(1, union[1]))
            + "| folder | tests | passed | skipped | failed |\n|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("snakeye")
    parser.add_argument("tests")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--only", default="")
    parser.add_argument("--report")
    options = parser.parse_args()
    tests = os.path.abspath(options.tests)
    runner = Runner(os.path.abspath(options.snakeye), tests)
    reference = Reference()
    names = [
        folder + "/" + name
        for folder in FOLDERS if os.path.isdir(os.path.join(tests, folder))
        for name in sorted(os.listdir(os.path.join(tests, folder))) if name.endswith(".py")
    ]
    names = [n for n in names if options.only in n]
    if not names:
        sys.exit("no tests in " + tests)
    lock = threading.Lock()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = {name: pool.submit(run_one, runner, tests, name, lock) for name in names}
    results = {name: job.result() for name, job in jobs.items()}
    differences = documented_differences()
    wrong = list(verdicts(results, reference, differences))
    for name, what in wrong:
        print("FAILED  %s: %s" % (name, what))
    if options.report:
        write_report(options.report, results, reference, differences)
    print("of MicroPython's standard build: %d of %d" % score(results, reference.standard))
    print("of its standard or coverage build: %d of %d" % score(results, reference.standard | reference.coverage))
    outside = [n for n in names if n not in reference.standard | reference.coverage]
    passed = sum(r == "passed" for r in results.values())
    print("%d passed, %d failed, %d skipped" % (passed, len(wrong), sum(results[n] == "skipped" for n in outside)))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
