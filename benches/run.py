#!/usr/bin/env python3
"""Times small loops on several runtimes in one run, interleaved, and prints ratios.

usage: benches/run.py [--runs N] [--only NAME] [--snakeye PATH] [--micropython PATH]

Snakeye is target/release/snakeye unless said otherwise; MicroPython is left out when no binary is given or
found on PATH. Each loop runs as a process of its own; its start-up (an empty script) is subtracted. What is
compared are medians; single times on a busy machine mean little.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def measure(command):
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", default="")
    parser.add_argument("--snakeye", default=os.path.join(HERE, "..", "target", "release", "snakeye"))
    parser.add_argument("--micropython", default=shutil.which("micropython"))
    options = parser.parse_args()
    runtimes = [("snakeye", [options.snakeye])]
    if options.micropython:
        runtimes.append(("micropython", [options.micropython]))
    runtimes.append(("cpython", [sys.executable, "-S"]))

    loops = sorted(f for f in os.listdir(os.path.join(HERE, "loops")) if f.endswith(".py") and options.only in f)
    empty = os.path.join(HERE, "loops", "empty.py")
    loops = [f for f in loops if f != "empty.py"]
    if not loops:
        sys.exit("no loop has that name")
    starts = {name: min(measure(command + [empty]) for _ in range(5)) for name, command in runtimes}
    names = [name for name, _ in runtimes]
    print("%-12s" % "loop" + "".join("%14s" % (n + " ms") for n in names) + "".join("%16s" % (n + " / sn") for n in names[1:]))
    logs = {n: [] for n in names[1:]}
    for loop in loops:
        path = os.path.join(HERE, "loops", loop)
        times = {name: [] for name in names}
        for _ in range(options.runs):
            for name, command in runtimes:
                times[name].append(measure(command + [path]) - starts[name])
        median = {name: statistics.median(times[name]) for name in names}
        row = "%-12s" % loop[:-3] + "".join("%14.1f" % (median[n] * 1000) for n in names)
        for n in names[1:]:
            ratio = median[n] / median["snakeye"]
            logs[n].append(ratio)
            row += "%16.2f" % ratio
        print(row, flush=True)
    for n in names[1:]:
        print("geometric mean: Snakeye is %.2f times as fast as %s" % (statistics.geometric_mean(logs[n]), n))


if __name__ == "__main__":
    main()
