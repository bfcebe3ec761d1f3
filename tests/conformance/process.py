"""Runs one test with the command under test: as a script, with options of its own, or typed at a terminal."""
import fcntl
import os
import pty
import re
import resource
import select
import subprocess
import termios
import time

from expected import OPEN_FILES

LIMIT = 30  # seconds until a test counts as hanging
MEMORY = 1 << 30  # bytes of address space
QUIET = 0.05  # seconds without output after which the prompt is taken to wait


def bounds():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_NOFILE, OPEN_FILES)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def plain_newlines(output):
    return output.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n")


class Runner:
    """The command, and the environment that MicroPython's runner gives it."""

    def __init__(self, command, tests):
        self.command, self.tests = command, tests
        path = [".frozen", "../extmod", "../lib/micropython-lib/python-stdlib/unittest"]
        path = [path[0]] + [os.path.normpath(os.path.join(tests, p)) for p in path[1:]]
        self.environment = dict(os.environ, PYTHONIOENCODING="utf-8", MICROPYPATH=os.pathsep.join(path))

    def script(self, path):
        """Runs a script in its folder: (output, whether it ended well)."""
        return self._run(["-X", "emit=bytecode", path], os.path.dirname(path))

    def with_options(self, path):
        """Runs a test of the command line, which says its options in its first lines."""
        options, interrupts = [], False
        with open(path, "rb") as f:
            for line in f:
                if line.startswith(b"# cmdline:"):
                    options += line[len(b"# cmdline:"):].decode().split()
                elif line.startswith(b"# sigint:"):
                    interrupts = True
                elif not line.startswith(b"#"):
                    break
        if os.path.basename(path).startswith("repl_"):
            return self._typed(options, path, interrupts)
        output, ended_well = self._run(options + [os.path.relpath(path, self.tests)], self.tests)
        # What their .exp files call any exit code but 0.
        return (output, True) if ended_well else (b"CRASH", False)

    def _run(self, args, folder):
        process = subprocess.Popen(
            [self.command] + args, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env=self.environment, preexec_fn=bounds, start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=LIMIT)
            return plain_newlines(output), process.returncode == 0
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            output, _ = process.communicate()
            return plain_newlines(output), False

    def _typed(self, options, path, interrupts):
        """Types the test at a terminal, line by line. `{\\x03}` stands for a control character."""
        master, slave = pty.openpty()

        def child():
            bounds()
            if interrupts:
                os.setsid()
                fcntl.ioctl(0, termios.TIOCSCTTY, 0)
                os.tcsetpgrp(0, os.getpid())

        process = subprocess.Popen(
            [self.command] + options, stdin=slave, stdout=slave, stderr=subprocess.STDOUT, bufsize=0,
            env=self.environment, preexec_fn=child, cwd=self.tests,
        )
        end = time.monotonic() + LIMIT

        def read(needed=False):
            got = b""
            while time.monotonic() < end:
                if select.select([master], [], [], QUIET)[0]:
                    try:
                        got += os.read(master, 4096)
                    except OSError:
                        break
                elif got or not needed or process.poll() is not None:
                    break
            return got

        output = read(needed=True)
        with open(path, "rb") as f:
            for line in f:
                if interrupts and rb"{\x03}" in line:
                    os.write(master, b"\x03")
                    output += read(needed=True)
                else:
                    os.write(master, re.sub(rb"\{\\x(\d\d)\}", lambda m: bytes([int(m[1], 16)]), line))
                    output += read()
        os.write(master, b"\x04")
        read()
        process.kill()
        process.wait()
        os.close(master)
        os.close(slave)
        return plain_newlines(output), True
