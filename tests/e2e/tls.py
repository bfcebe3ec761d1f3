#!/usr/bin/env python3
"""TLS between Snakeye and CPython's ssl (OpenSSL), each in both parts, with TLS 1.2 and 1.3.

usage: tls.py SNAKEYE

Prints a line per test and last `N passed, N failed, N skipped`.
"""
import ast
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
LIMIT = 60
SIZE = 300_000  # bytes sent each way: many records, more than a socket buffers

CLIENT = """
import socket, tls, sys
context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
context.load_verify_locations(open(sys.argv[2], "rb").read())
s = socket.socket()
s.connect(("127.0.0.1", int(sys.argv[1])))
s = context.wrap_socket(s, server_hostname="board.test")
sent = s.write(b"x" * SIZE)
got = s.read(SIZE)
print(s.cipher()[1], sent, len(got), got.count(b"y"), s.read())
s.close()
"""

SERVER = """
import socket, tls, sys
context = tls.SSLContext(tls.PROTOCOL_TLS_SERVER)
context.load_cert_chain(open(sys.argv[1], "rb").read(), open(sys.argv[2], "rb").read())
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(1)
print(PORT)
s, _ = listener.accept()
s = context.wrap_socket(s, server_side=True)
got = s.read(SIZE)
print(s.cipher()[1], len(got), got.count(b"x"), s.write(b"y" * SIZE))
s.close()
"""


def certificates(folder):
    """Writes the test certificates that tests/board/tls_stream.py holds; name -> path."""
    with open(os.path.join(HERE, "../board/tls_stream.py")) as f:
        tree = ast.parse(f.read())
    paths = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and "-----BEGIN" in str(node.value.value):
            name = node.targets[0].id
            paths[name] = os.path.join(folder, name + ".pem")
            with open(paths[name], "w") as f:
                f.write(node.value.value)
    return paths


def receive(s, size):
    got = b""
    while len(got) < size:
        part = s.recv(65536)
        if not part:
            break
        got += part
    return got


def snakeye_is_client(snakeye, files, version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = version
    context.load_cert_chain(files["BOARD"], files["BOARD_KEY"])
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(LIMIT)
    seen = []

    def serve():
        raw, _ = listener.accept()
        with context.wrap_socket(raw, server_side=True) as s:
            seen.append(receive(s, SIZE).count(b"x"))
            s.sendall(b"y" * SIZE)
            s.unwrap()

    server = threading.Thread(target=serve, daemon=True)
    server.start()
    port = listener.getsockname()[1]
    run = subprocess.run(
        [snakeye, "-c", CLIENT.replace("SIZE", str(SIZE)), str(port), files["AUTHORITY"]],
        capture_output=True, text=True, timeout=LIMIT,
    )
    server.join(LIMIT)
    expected = "%s %d %d %d b''\n" % (version.name.replace("_", "."), SIZE, SIZE, SIZE)
    return run.stdout + run.stderr == expected and seen == [SIZE], run.stdout + run.stderr, seen


def snakeye_is_server(snakeye, files, version):
    program = SERVER.replace("SIZE", str(SIZE)).replace("PORT", "0")
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    program = program.replace('("127.0.0.1", 0)', '("127.0.0.1", %d)' % port)
    process = subprocess.Popen(
        [snakeye, "-c", program, files["BOARD"], files["BOARD_KEY"]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        process.stdout.readline()  # it listens
        context = ssl.create_default_context(cafile=files["AUTHORITY"])
        context.minimum_version = context.maximum_version = version
        with socket.create_connection(("127.0.0.1", port), timeout=LIMIT) as raw:
            with context.wrap_socket(raw, server_hostname="board.test") as s:
                s.sendall(b"x" * SIZE)
                got = receive(s, SIZE + 1)
        output, _ = process.communicate(timeout=LIMIT)
    finally:
        process.kill()
    expected = "%s %d %d %d\n" % (version.name.replace("_", "."), SIZE, SIZE, SIZE)
    return output == expected and got.count(b"y") == SIZE, output, len(got)


def main():
    snakeye = os.path.abspath(sys.argv[1])
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        files = certificates(folder)
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            for test in (snakeye_is_client, snakeye_is_server):
                try:
                    good, *details = test(snakeye, files, version)
                except (OSError, subprocess.SubprocessError) as e:
                    good, details = False, [e]
                name = "tls: %s, %s" % (test.__name__, version.name)
                print("ok      " + name if good else "FAILED  %s: %s" % (name, details), flush=True)
                passed, failed = passed + good, failed + (not good)
    print("%d passed, %d failed, 0 skipped" % (passed, failed))


if __name__ == "__main__":
    main()
