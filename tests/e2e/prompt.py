#!/usr/bin/env python3
"""The prompt on a terminal, the board's and the desktop's, as a person and as a program such as mpremote use it.

usage: prompt.py SNAKEYE [--only NAME]

Prints a line per test and last `N passed, N failed, N skipped`. Waits for what the terminal shows, never for a time.
"""
import argparse
import codecs
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

LIMIT = 60  # seconds after which something that does not show is a failure


class Failure(Exception):
    pass


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, command, env=None):
        self.master, slave = pty.openpty()
        clean = {k: v for k, v in os.environ.items() if not k.startswith("MICROPY")}
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env={**clean, **(env or {})}, start_new_session=True
        )
        os.close(slave)
        self.decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self.shown = ""

    def type(self, keys):
        os.write(self.master, keys.encode())

    def expect(self, *texts):
        """Waits until the texts have been shown, in this order; gives back what was shown up to the last one."""
        seen = ""
        for text in texts:
            end = time.monotonic() + LIMIT
            while text not in self.shown:
                left = end - time.monotonic()
                if left <= 0 or not self._read(left):
                    raise Failure("%r does not show; last shown: %r" % (text, (seen + self.shown)[-600:]))
            at = self.shown.index(text) + len(text)
            seen += self.shown[:at]
            self.shown = self.shown[at:]
        return seen

    def _read(self, patience):
        if not select.select([self.master], [], [], patience)[0]:
            return False
        try:
            data = os.read(self.master, 4096)
        except OSError:
            return False
        self.shown += self.decode(data)
        return bool(data)

    def enter(self, line, *texts):
        """Enters a line; waits for its echo, the texts, and the next prompt."""
        self.type(line + "\r")
        self.expect("\r\n")
        return self.expect(*texts, ">>> ")

    def ended(self):
        """Waits for the program's end; its exit code."""
        return self.process.wait(LIMIT)

    def close(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self.master)


def same(got, wanted):
    if got != wanted:
        raise Failure("%r, not %r" % (got, wanted))


def board(snakeye, *options):
    t = Terminal([snakeye, "repl", "--flash", "memory", *options])
    t.expect("MicroPython v", "ESP32", '\r\nType "help()" for more information.\r\n>>> ')
    return t


def desktop(snakeye, *arguments, **env):
    return Terminal([snakeye, *arguments], env)


def test_alone_is_the_board(snakeye):
    """Without arguments; its flash is kept, so a home of its own."""
    import tempfile

    with tempfile.TemporaryDirectory() as home:
        t = Terminal([snakeye], {"HOME": home, "XDG_DATA_HOME": home})
        try:
            t.expect("MicroPython v", "\r\n>>> ")
            t.enter("import sys; sys.platform", "'esp32'")
            t.type("\x1d")
            same(t.ended(), 0)
        finally:
            t.close()


def test_blocks(t):
    t.type("for i in range(2):\r")
    t.expect("\r\n...     ")
    t.type("if i:\r")
    t.expect("\r\n...         ")
    t.type("print('i =', i)\r")
    t.expect("\r\n...         ")
    # A backspace takes a level back, and an empty line ends the block.
    t.type("\x7f\x7f\r")
    t.expect("i = 1\r\n>>> ")
    t.type("def f():\rreturn 5\r\r\r\r")
    t.expect("\r\n... \r\n>>> ")
    t.enter("f()", "5")


def test_editing(t):
    t.enter("prnt('abc')\x01\x06\x06i", "abc")
    t.enter("1 + 2 + 3", "6")
    t.enter("\x1b[A\x7f4", "7")
    t.enter("\x10\x10", "6")
    t.enter("'one two'\x1b[D\x1bb\x1b\x7fnew ", "'new two'")
    t.enter("junk\x15'kept'\x02\x0b'", "'kept'")
    t.enter("'ä漢'\x1b[D\x7fb", "'äb'")


def test_completion(t):
    t.type("import mac\t")
    t.expect("import machine")
    t.enter("")
    t.type("machine.unique\t()\r")
    t.expect("unique_id()", "b'", ">>> ")
    t.enter("class A: first_x = 1; first_y = 2\r")
    t.type("A.f\t\t")
    t.expect("first_", "first_x         first_y\r\n>>> A.first_")
    t.enter("x", "1")


def test_interrupts(t):
    t.enter("import time, socket")
    t.enter("said = None")
    t.type("while True:\rsaid = said or print('run' + 'ning') or 1\r\x7f\r")
    t.expect("running\r\n")
    t.type("\x03")
    t.expect("Traceback", "KeyboardInterrupt", ">>> ")
    t.type("print('sleep' + 'ing') or time.sleep(1000)\r")
    t.expect("sleeping\r\n")
    t.type("\x03")
    t.expect("KeyboardInterrupt", ">>> ")
    t.enter("s = socket.socket(); s.bind(('', 80)); s.listen(1)")
    t.type("print('wait' + 'ing') or s.accept()\r")
    t.expect("waiting\r\n")
    t.type("\x03")
    t.expect("KeyboardInterrupt", ">>> ")
    t.enter("s.close(); 'still', 'here'", "('still', 'here')")
    # At the prompt it forgets what was typed.
    t.type("never\x03")
    t.expect("\r\n>>> ")
    t.type("while True:\rpass\r\x03")
    t.expect("\r\n>>> ")


def test_soft_reset(t):
    t.enter("x = 1")
    t.type("\x04")
    t.expect("MPY: soft reboot\r\n", "MicroPython v", ">>> ")
    t.enter("x", "NameError: name 'x' isn't defined")
    t.type("raise SystemExit\r")
    t.expect("MPY: soft reboot\r\n", ">>> ")


def test_camera(t):
    t.enter("import camera")
    t.enter("camera.init()", "True")
    t.enter("img = camera.capture()")
    shown = t.enter("len(img)")
    if int(re.search(r"\d+", shown).group()) < 1000:
        raise Failure("a picture of %r bytes" % shown)
    t.enter("img[0:8]", r"b'\xff\xd8\xff")
    t.enter("camera.deinit()", "True")


def test_paste(t):
    t.type("\x05")
    t.expect("\r\npaste mode; Ctrl-C to cancel, Ctrl-D to finish\r\n=== ")
    t.type("if True:\r\n    a = 'pas' + 'ted'\r\n\r\n    print(a)\r\n1 + 1\x04")
    t.expect("=== 1 + 1\r\n", "pasted\r\n2\r\n>>> ")
    t.type("\x05")
    t.expect("=== ")
    t.type("print('never')\x03")
    t.expect("\r\n>>> ")


def test_raw(t):
    t.type("\r\x03\x01")
    t.expect("raw REPL; CTRL-B to exit\r\n>")
    t.type("print('raw' + 'ness')\x04")
    t.expect("OK", "rawness\r\n\x04\x04>")
    t.type("1/0\x04")
    t.expect("OK\x04", "ZeroDivisionError", "\x04>")
    # Raw paste: a window more is granted whenever one was taken.
    t.type("\x05A\x01")
    t.expect("R\x01\ufffd\x00\x01")
    text = "n = 0\n" + "n += 1\n" * 30 + "print('n', n)\n"
    sent = 0
    credit = 256
    while sent < len(text):
        part = text[sent : sent + credit]
        t.type(part)
        sent += len(part)
        credit -= len(part)
        if sent < len(text):
            t.expect("\x01")
            credit += 128
    t.type("\x04")
    t.expect("\x04", "n 30\r\n\x04\x04>")
    # A soft reset stays in raw mode.
    t.type("\x04")
    t.expect("OK\r\nMPY: soft reboot\r\nraw REPL; CTRL-B to exit\r\n>")
    t.type("\x02")
    t.expect("MicroPython v", ">>> ")


def test_input(t):
    t.type("answer = input('name? ')\r")
    t.expect("name? ")
    t.type("Eev\x7fe\r")
    t.expect("\r\n>>> ")
    t.enter("answer", "'Eee'")
    t.type("import sys; sys.stdin.readline()\r")
    t.expect("readline()\r\n")
    t.type("line\r")
    t.expect("'line\\n'\r\n>>> ")
    t.type("import micropython; micropython.kbd_intr(-1); sys.stdin.buffer.read(3)\r")
    t.expect("read(3)\r\n")
    t.type("a\x03b")
    t.expect("b'a\\x03b'\r\n>>> ")


def test_dupterm(t):
    t.type("\x05")
    t.expect("=== ")
    t.type(
        "import os, io\r"
        "class Line(io.IOBase):\r"
        "    keys = [b for b in b'1+2\\r']\r"
        "    def readinto(self, buf):\r"
        "        if not self.keys: return None\r"
        "        buf[0] = self.keys.pop(0)\r"
        "        return 1\r"
        "    def write(self, data):\r"
        "        seen.append(bytes(data))\r"
        "seen = []\r"
        "line = Line()\r"
        "print(os.dupterm(line))\x04"
    )
    t.expect("None\r\n", ">>> 1+2\r\n3\r\n>>> ")
    t.enter("os.dupterm(None) is line", "True")
    t.enter("b'3\\r\\n' in seen or b''.join(seen)", "True")


def test_sleeping_threads_go_on(t):
    t.enter("import _thread, time")
    t.enter("go = _thread.start_new_thread(lambda: (time.sleep_ms(1), print('from the ' + 'thread')), ())")
    t.expect("from the thread")


def test_desktop(snakeye):
    t = desktop(snakeye, "-i", "-c", "print('pro' + 'gram')")
    try:
        t.expect("program\r\n", "MicroPython v", "linux", ">>> ")
        t.enter("import sys; sys.platform", "'linux'")
        t.enter("import time")
        t.type("print('sleep' + 'ing') or time.sleep(1000)\r")
        t.expect("sleeping\r\n")
        t.type("\x03")
        t.expect("KeyboardInterrupt", ">>> ")
        t.type("sys.ps2 = '> '; sys.ps1 = '$ '\r")
        t.expect("\r\n$ ")
        t.type("sys.ps1 = '>>> '\r")
        t.expect("\r\n>>> ")
        t.type("(1,\r")
        t.expect("\r\n> ")
        t.type("2)\r")
        t.expect("(1, 2)", ">>> ")
        t.type("sys.exit(7)\r")
        same(t.ended(), 7)
    finally:
        t.close()


def test_desktop_by_environment(snakeye):
    t = desktop(snakeye, MICROPYPATH="/nowhere")
    try:
        t.expect("MicroPython v", "linux", ">>> ")
        t.type("\x04")
        same(t.ended(), 0)
    finally:
        t.close()
    t = desktop(snakeye, "-c", "1/0", MICROPYINSPECT="1")
    try:
        t.expect("ZeroDivisionError", "MicroPython v", ">>> ")
    finally:
        t.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("snakeye")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    passed = failed = 0
    for name, test in [(n[5:], f) for n, f in globals().items() if n.startswith("test_") and options.only in n]:
        terminal = None
        try:
            if test.__code__.co_varnames[0] == "snakeye":
                test(options.snakeye)
            else:
                terminal = board(options.snakeye, "--publish", "80:0", "--quiet")
                test(terminal)
                terminal.type("\x1d")
                same(terminal.ended(), 0)
            passed += 1
            print("ok      prompt: " + name, flush=True)
        except (Failure, OSError, subprocess.SubprocessError) as e:
            failed += 1
            print("FAILED  prompt: %s: %s" % (name, e), flush=True)
        finally:
            if terminal:
                terminal.close()
    print("%d passed, %d failed, %d skipped" % (passed, failed, 0))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
