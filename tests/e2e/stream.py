#!/usr/bin/env python3
"""The main job, end to end: `snakeye run examples/webcam_threads.py`, watched by curl, ffmpeg and Chromium.

usage: stream.py SNAKEYE [EXAMPLE] [--compat] [--only NAME]

Prints a line per test and last `N passed, N failed, N skipped`. Waits for events, takes free ports. With --compat
the script runs under `--compat 1.11` and only what scripts of 2019 serve is tested.
"""
import argparse
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

from browser import Browser, NoBrowser
from picture import frame_number, jpeg_size

HERE = os.path.dirname(os.path.abspath(__file__))
LIMIT = 60  # seconds after which an event that does not come is a failure


class Failure(Exception):
    pass


def check(truth, message):
    if not truth:
        raise Failure(message)


class Board:
    """A simulated board running the web camera; ports are free ones of this machine."""

    def __init__(self, snakeye, script, compat, extra=()):
        self.lines = []
        self.ports = {}
        self.seen = threading.Condition()
        command = [snakeye, "run", "--flash", "memory"]
        for port in (80, 81, 82):
            command += ["--publish", "%d:0" % port]
        if compat:
            command += ["--compat", "1.11"]
        self.process = subprocess.Popen(
            command + list(extra) + [script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )
        threading.Thread(target=self._read, daemon=True).start()
        self.wait_for(lambda: len(self.ports) == 3, "three published addresses")

    def _read(self):
        for line in self.process.stdout:
            with self.seen:
                self.lines.append(line.rstrip())
                found = re.search(r"127\.0\.0\.1:(\d+)\D.*board port (\d+)", line)
                if found:
                    self.ports[int(found[2])] = int(found[1])
                self.seen.notify_all()
        with self.seen:
            self.lines.append(None)
            self.seen.notify_all()

    def wait_for(self, condition, what):
        deadline = time.monotonic() + LIMIT
        with self.seen:
            while not condition():
                ended = self.lines and self.lines[-1] is None
                if ended or not self.seen.wait(deadline - time.monotonic()):
                    raise Failure("no %s; the board said:\n%s" % (what, "\n".join(str(l) for l in self.lines[-20:])))

    def url(self, port, path):
        return "http://127.0.0.1:%d/apikey/%s" % (self.ports[port], path)

    def get(self, port, path):
        with urllib.request.urlopen(self.url(port, path), timeout=LIMIT) as reply:
            return reply.read()

    def connect(self, port):
        return socket.create_connection(("127.0.0.1", self.ports[port]), timeout=LIMIT)

    def stop(self):
        """Ctrl-C; returns the exit code."""
        self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise Failure("Ctrl-C does not stop it")


class Viewer(threading.Thread):
    """Reads the stream and keeps each part's arrival and frame number's source."""

    def __init__(self, board, frames=None, seconds=None):
        super().__init__(daemon=True)
        self.board, self.frames, self.seconds = board, frames, seconds
        self.parts = []
        self.error = None

    def run(self):
        try:
            with self.board.connect(80) as s:
                s.sendall(b"GET /apikey/live HTTP/1.1\r\nHost: board\r\n\r\n")
                f = s.makefile("rb")
                status = f.readline()
                check(b"200" in status, "stream status %r" % status)
                while f.readline() not in (b"\r\n", b"\n", b""):
                    pass
                end = time.monotonic() + (self.seconds or LIMIT)
                while time.monotonic() < end and (self.frames is None or len(self.parts) < self.frames):
                    self.parts.append(self._part(f))
        except (OSError, Failure, ValueError) as e:
            self.error = e

    @staticmethod
    def _part(f):
        boundary = f.readline()
        check(boundary.startswith(b"--frame"), "no boundary but %r" % boundary[:60])
        length = None
        while True:
            line = f.readline()
            check(line, "the stream ended")
            if line in (b"\r\n", b"\n"):
                break
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        check(length is not None, "a part without Content-Length")
        data = f.read(length)
        check(data[:3] == b"\xff\xd8\xff" and data[-2:] == b"\xff\xd9", "a part that is no JPEG")
        f.readline()
        return data


def test_page(board):
    page = board.get(80, "webcam").decode()
    check("<img" in page and "/apikey/live" in page, "the page shows no stream")


def test_snapshot_sizes(board):
    for number, size in ((5, (320, 240)), (8, (800, 600)), (11, (1600, 1200)), (9, (1024, 768))):
        board.get(82, "pix/%d" % number)
        # A frame that was under way may still have the old size.
        for _ in range(10):
            have = jpeg_size(board.get(81, "snap"))
            if have == size:
                break
        check(have == size, "asked for %s, the JPEG says %s" % (size, have))


def test_curl(board):
    with tempfile.NamedTemporaryFile() as f:
        done = subprocess.run(["curl", "-sS", "--fail", "-m", str(LIMIT), "-o", f.name, board.url(81, "snap")])
        check(done.returncode == 0, "curl failed")
        check(jpeg_size(f.read()) is not None, "curl got no JPEG")


def test_quality_changes_size(board):
    board.get(82, "pix/8")
    sizes = []
    for quality in (10, 50):
        board.get(82, "qua/%d" % quality)
        for _ in range(4):
            data = board.get(81, "snap")
        sizes.append(len(data))
    board.get(82, "qua/12")
    check(sizes[1] < sizes[0] * 0.7, "bytes at quality 10 and 50: %s" % sizes)


def test_flash_lights_the_scene(board):
    from picture import brightness

    dark = brightness(board.get(81, "snap"))
    if dark is None:
        raise Skip("ffmpeg is missing")
    light = brightness(board.get(81, "blitz"))
    check(light > dark + 3, "brightness %.1f without and %.1f with flash" % (dark, light))


def test_bad_setting(board):
    for path, code in (("pix/99", 400), ("pix/x", 400), ("nonsense/1", 404)):
        try:
            board.get(82, path)
            raise Failure("%s was accepted" % path)
        except urllib.error.HTTPError as e:
            check(e.code == code, "%s gave %d" % (path, e.code))


def test_ffmpeg(board):
    if not shutil.which("ffmpeg"):
        raise Skip("ffmpeg is missing")
    done = subprocess.run(
        ["ffmpeg", "-hide_banner", "-v", "error", "-f", "mpjpeg", "-i", board.url(80, "live"), "-t", "10", "-f", "null", "-"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=LIMIT * 2,
    )
    check(done.returncode == 0 and not done.stderr.strip(), "ffmpeg said: %s" % done.stderr[:500])


def test_four_viewers(board):
    viewers = [Viewer(board, seconds=5) for _ in range(4)]
    for v in viewers:
        v.start()
    for v in viewers:
        v.join(LIMIT)
    counts = sorted(len(v.parts) for v in viewers)
    check(all(v.error is None for v in viewers), "errors: %s" % [v.error for v in viewers])
    median = (counts[1] + counts[2]) / 2
    check(counts[0] >= 0.8 * median and counts[0] > 5, "frames per viewer: %s" % counts)
    for v in viewers:
        numbers = [frame_number(p) for p in (v.parts[0], v.parts[-1])]
        if None in numbers:
            raise Skip("ffmpeg is missing, pictures were not decoded")
        check(numbers[0] != numbers[1], "the picture stands still: %s" % numbers)


def test_stalled_viewer(board):
    stalled = board.connect(80)
    stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stalled.sendall(b"GET /apikey/live HTTP/1.1\r\n\r\n")
    stalled.recv(64)
    v = Viewer(board, frames=40)
    v.start()
    v.join(LIMIT)
    stalled.close()
    check(v.error is None and len(v.parts) == 40, "beside a stalled viewer: %d frames, %s" % (len(v.parts), v.error))


def test_killed_viewer(board):
    for _ in range(3):
        s = board.connect(80)
        s.sendall(b"GET /apikey/live HTTP/1.1\r\n\r\n")
        s.recv(3000)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        s.close()
    v = Viewer(board, frames=10)
    v.start()
    v.join(LIMIT)
    check(len(v.parts) == 10, "after killed viewers: %s" % v.error)


def test_malformed_requests(board):
    silent = []
    for data in (b"", b"\r\n\r\n", b"A" * 1000000, bytes(range(256)) * 10, b"GET /apikey/sn", b"GET /\xff\xfe HTTP/1.1\r\n\r\n",
                 b"POST / HTTP/1.1\r\n\r\n", b"GET /../../etc HTTP/1.1\r\n\r\n"):
        for port in (80, 81, 82):
            s = board.connect(port)
            try:
                s.sendall(data)
            except OSError:
                pass
            if data.startswith(b"GET /apikey/sn"):
                silent.append(s)  # half a request, then silence
            else:
                s.close()
    check(board.get(81, "snap")[:2] == b"\xff\xd8", "no snapshot after malformed requests")
    for s in silent:
        s.close()


def test_chromium(board):
    browser = Browser()
    try:
        browser.open("http://127.0.0.1:%d/apikey/webcam" % board.ports[80])
        first = browser.wait(lambda: frame_number(browser.screenshot("#live")), LIMIT, "a readable picture")
        then = time.monotonic()
        later = browser.wait(
            lambda: time.monotonic() - then >= 1 and frame_number(browser.screenshot("#live")), LIMIT, "a second picture"
        )
        check(0 < (later - first) % 65536 < 2000, "frame numbers %s and %s" % (first, later))
        if os.environ.get("SNAKEYE_SCREENSHOT"):
            with open(os.environ["SNAKEYE_SCREENSHOT"], "wb") as f:
                f.write(browser.screenshot())
    finally:
        browser.close()


class Skip(Exception):
    pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("snakeye")
    parser.add_argument("script", nargs="?", default=os.path.join(HERE, "..", "..", "examples", "webcam_threads.py"))
    parser.add_argument("--compat", action="store_true")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    tests = [(n[5:], f) for n, f in globals().items() if n.startswith("test_") and options.only in n]
    if options.compat:
        tests = [(n, f) for n, f in tests if n in ("page", "snapshot_sizes", "curl")]
    passed = failed = skipped = 0
    board = Board(options.snakeye, options.script, options.compat)
    try:
        for name, test in tests:
            try:
                test(board)
                passed += 1
                print("ok      stream: " + name, flush=True)
            except (Skip, NoBrowser) as e:
                skipped += 1
                print("SKIPPED stream: %s: %s" % (name, e), flush=True)
            except (Failure, OSError, subprocess.SubprocessError) as e:
                failed += 1
                print("FAILED  stream: %s: %s" % (name, e), flush=True)
        code = board.stop()
        said = "\n".join(str(l) for l in board.lines[-10:])
        if "panicked" in said or code not in (0, 130, -2):
            failed += 1
            print("FAILED  stream: stop: exit code %s\n%s" % (code, said))
        else:
            passed += 1
            print("ok      stream: stop")
    finally:
        if board.process.poll() is None:
            board.process.kill()
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
