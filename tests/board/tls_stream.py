# virtual time
# TLS between two threads of the board: both ends, trust, lines, streams that do not wait, and what goes wrong.
import socket, ssl, tls, time, _thread

# Certificates made for these tests alone, valid from 2000 to 2099 (FUTURE from 2098): an authority, what it signed
# for board.test, and one that board.test signed itself.
AUTHORITY = """-----BEGIN CERTIFICATE-----
MIIBSjCB8aADAgECAhQJ38inuRyP/SQyZZjmuOqLFRVGGDAKBggqhkjOPQQDAjAa
MRgwFgYDVQQDDA9TbmFrZXllIHRlc3QgQ0EwIBcNMDAwMTAxMDAwMDAwWhgPMjA5
OTAxMDEwMDAwMDBaMBoxGDAWBgNVBAMMD1NuYWtleWUgdGVzdCBDQTBZMBMGByqG
SM49AgEGCCqGSM49AwEHA0IABPKv85AwfzxjrYxsvjwHQhhAougGNzgr6FIJF2Mr
J5YrB4YXOzTE3urL02k1f3zUU4J8XjyUa5yAik+OJBX8w+OjEzARMA8GA1UdEwEB
/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAK3PjPz52jCjK4FGPpYrrh/R1tJ0
ZegQyDexF9r+lCtrAiAqH/wtqigpTQrD7FvPdPxgbstgXhgpRXx4NgS9PNt0Ig==
-----END CERTIFICATE-----
"""
BOARD = """-----BEGIN CERTIFICATE-----
MIIBYDCCAQagAwIBAgIUI2K1o1j/Qh3TkFFM1RQZByKig+UwCgYIKoZIzj0EAwIw
GjEYMBYGA1UEAwwPU25ha2V5ZSB0ZXN0IENBMCAXDTAwMDEwMTAwMDAwMFoYDzIw
OTkwMTAxMDAwMDAwWjAVMRMwEQYDVQQDDApib2FyZC50ZXN0MFkwEwYHKoZIzj0C
AQYIKoZIzj0DAQcDQgAEiZq/a4CiDp8INsfYylFqLX9j8kTdUp9p9W3vW+/2/9ud
bZA6RBM51tIr11fusiyK/2VwCqnl8dVjj+JWGnE3a6MtMCswDAYDVR0TAQH/BAIw
ADAbBgNVHREEFDASggpib2FyZC50ZXN0hwR/AAABMAoGCCqGSM49BAMCA0gAMEUC
IQCu0n0BjNJL5a50zPekbJ4/R4Ryk6ATu/sDYoZa2vrQ9AIgDpqezRKBdDda1lYV
3M5MVOhZlLdUScuMOOu5ChLiUr4=
-----END CERTIFICATE-----
"""
BOARD_KEY = """-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgiPbCsP3HjxmV1vPd
R//OnCHfoRp/1juu8jtdnh3a69WhRANCAASJmr9rgKIOnwg2x9jKUWotf2PyRN1S
n2n1be9b7/b/251tkDpEEznW0ivXV+6yLIr/ZXAKqeXx1WOP4lYacTdr
-----END PRIVATE KEY-----
"""
FUTURE = """-----BEGIN CERTIFICATE-----
MIIBYTCCAQigAwIBAgIUYFtzXatZrO7PK1PO9ULI+7VIec0wCgYIKoZIzj0EAwIw
GjEYMBYGA1UEAwwPU25ha2V5ZSB0ZXN0IENBMCIYDzIwOTgwMTAxMDAwMDAwWhgP
MjA5OTAxMDEwMDAwMDBaMBUxEzARBgNVBAMMCmJvYXJkLnRlc3QwWTATBgcqhkjO
PQIBBggqhkjOPQMBBwNCAASBMaaoAJ7fHid8SvLO57qr5Kbplx/CS/J8og5JsBT2
jaJVNCEdQae5ml7e5vSjt1vDHTf2lAjo1HXMQs7z/UK5oy0wKzAMBgNVHRMBAf8E
AjAAMBsGA1UdEQQUMBKCCmJvYXJkLnRlc3SHBH8AAAEwCgYIKoZIzj0EAwIDRwAw
RAIgEoV7UiMa4z56CM8CpFbJSmpqhQHHoCiw63LIu5CPpXYCIE9XF1YuK4belJi3
7WRZT7iZ7PBUp48gJJYHrBTS0tWa
-----END CERTIFICATE-----
"""
FUTURE_KEY = """-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgv1CN/6fYfohvZFu6
WdNavjhsile7KcYlqdCOzx077+WhRANCAASBMaaoAJ7fHid8SvLO57qr5Kbplx/C
S/J8og5JsBT2jaJVNCEdQae5ml7e5vSjt1vDHTf2lAjo1HXMQs7z/UK5
-----END PRIVATE KEY-----
"""
OWN = """-----BEGIN CERTIFICATE-----
MIIBXjCCAQSgAwIBAgIUEMCOThVsKWxoijm0SlJUIe9S5F8wCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKYm9hcmQudGVzdDAgFw0wMDAxMDEwMDAwMDBaGA8yMDk5MDEw
MTAwMDAwMFowFTETMBEGA1UEAwwKYm9hcmQudGVzdDBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABOnTRysKBwlsKUuI06bMQLc68sNe8HZ8uI4C3fwPVu4R438PBE2t
aP8sTb4oZsMj14vxLfDevQPmM9p6aOi1WC6jMDAuMA8GA1UdEwEB/wQFMAMBAf8w
GwYDVR0RBBQwEoIKYm9hcmQudGVzdIcEfwAAATAKBggqhkjOPQQDAgNIADBFAiAY
Er8YtsaBYfGY3r9gdnD6eqyMUwjuuXPN3bhouBj3EwIhAIMBVCAtMx6WVEgO+Lxo
B2p6+g9tNmYpi8eCK8EF+bvL
-----END CERTIFICATE-----
"""
OWN_KEY = """-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgSwPkArWVb+TajsaB
n8mu642RB7rrnFWw4FYu8WDZvQuhRANCAATp00crCgcJbClLiNOmzEC3OvLDXvB2
fLiOAt38D1buEeN/DwRNrWj/LE2+KGbDI9eL8S3w3r0D5jPaemjotVgu
-----END PRIVATE KEY-----
"""
PORT = 8140

said = []
finished = _thread.allocate_lock()
finished.acquire()


def serve(context, work, handshake=True):
    listener = socket.socket()
    listener.bind(("127.0.0.1", PORT))
    listener.listen(1)

    def run():
        s, _ = listener.accept()
        try:
            work(context.wrap_socket(s, server_side=True, do_handshake_on_connect=handshake))
        except (OSError, ValueError) as e:
            said.append(type(e).__name__)
            s.close()
        listener.close()
        finished.release()

    _thread.start_new_thread(run, ())


def server(chain=BOARD, key=BOARD_KEY):
    context = tls.SSLContext(tls.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain.encode(), key.encode())
    return context


def client(authority=AUTHORITY):
    context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    if authority:
        context.load_verify_locations(authority.encode())
    return context


def connect(context, **kw):
    s = socket.socket()
    s.connect(("127.0.0.1", PORT))
    try:
        return context.wrap_socket(s, **kw)
    except (OSError, ValueError) as e:
        print(type(e).__name__, e)
        s.close()


def done():
    finished.acquire()
    print(said)
    said.clear()


# Every way to read and write, and the goodbye.
def echo(s):
    said.append((s.readline(), s.read(5), s.recv(100)))
    s.write(b"x" * 40000)
    s.sendall(memoryview(b"the end\n"))
    s.close()


serve(server(), echo)
s = connect(client(), server_hostname="board.test")
print(s.write(b"a line\nfive.") , s.send("rest"))
buf = bytearray(30000)
print(s.readinto(buf), buf.count(b"x"), s.recv_into(buf, 10), s.cipher())
print(len(s.getpeercert(True)) > 300)
rest = s.read()
print(len(rest), rest[-8:], s.read(), s.recv(5))
try:
    s.getpeercert()
except NotImplementedError:
    print("NotImplementedError")
s.close()
done()


# Whom a client trusts.
def refused(s):
    s.read(1)


for kw, context in (
    ({"server_hostname": "elsewhere.test"}, client()),
    ({"server_hostname": "board.test"}, client(OWN)),
    ({"server_hostname": "board.test"}, client(None)),
    ({}, client()),
):
    serve(server(), refused)
    connect(context, **kw)
    done()
serve(server(FUTURE, FUTURE_KEY), refused)
connect(client(), server_hostname="board.test")
done()
# A certificate that signed itself is trusted when it is the very one, for its name.
for name in ("board.test", "elsewhere.test"):
    serve(server(OWN, OWN_KEY), lambda s: s.write(b"trusted"))
    s = connect(client(OWN), server_hostname=name)
    if s:
        print(s.read(7))
    done()
# Nobody asks.
serve(server(OWN, OWN_KEY), lambda s: s.write(b"anyone"))
context = client()
context.verify_mode = tls.CERT_NONE
print(context.verify_mode, connect(context).read(6))
done()

# A server that asks who its clients are.
strict = server()
strict.verify_mode = tls.CERT_REQUIRED
strict.load_verify_locations(AUTHORITY.encode())
serve(strict, lambda s: s.write(b"welcome"))
own = client()
own.load_cert_chain(BOARD, BOARD_KEY)
print(connect(own, server_hostname="board.test").read(7))
done()


# Without waiting.
def slow(s):
    time.sleep_ms(50)
    s.write(b"late")
    said.append(s.read(4))


serve(server(), slow)
s = connect(client(), server_hostname="board.test")
s.setblocking(False)
print(s.read(4), s.readline(), s.readinto(buf))
while not (got := s.read(4)):
    time.sleep_ms(5)
print(got, s.write(b"done"))
done()
# The handshake at the first reading.
serve(server(), lambda s: s.write(b"hello"), handshake=False)
s = connect(client(), server_hostname="board.test", do_handshake_on_connect=False)
print(s.cipher(), s.read(5), s.cipher()[1])
done()

# Cipher suites.
context = client()
names = context.get_ciphers()
print(len(names) > 2, all(n.startswith("TLS") for n in names), "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256" in names)
context.set_ciphers(["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"])
print(context.get_ciphers())
serve(server(), lambda s: said.append(s.cipher()))
connect(context, server_hostname="board.test")
done()

# An end that is a cut.
listener = socket.socket()
listener.bind(("127.0.0.1", PORT))
listener.listen(1)


def run():
    s, _ = listener.accept()
    t = server().wrap_socket(s, server_side=True)
    t.write(b"half")
    s.close()
    finished.release()


_thread.start_new_thread(run, ())
s = connect(client(), server_hostname="board.test")
try:
    print(s.read(4))
    s.read(4)
except OSError as e:
    print(e.errno)
done()
listener.close()

# No TLS at the other end.
listener = socket.socket()
listener.bind(("127.0.0.1", PORT))
listener.listen(1)


def plain():
    s, _ = listener.accept()
    s.recv(10000)
    s.write(b"HTTP/1.0 400 Bad Request\r\n\r\n")
    s.close()
    finished.release()


_thread.start_new_thread(plain, ())
s = socket.socket()
s.connect(("127.0.0.1", PORT))
try:
    client().wrap_socket(s, server_hostname="board.test")
except OSError as e:
    print(e.errno)
done()
listener.close()

# A time-out of the socket holds for the handshake.
listener = socket.socket()
listener.bind(("127.0.0.1", PORT))
listener.listen(1)
s = socket.socket()
s.connect(("127.0.0.1", PORT))
s.settimeout(0.1)
try:
    client().wrap_socket(s, server_hostname="board.test")
except OSError as e:
    print(e.errno)
listener.close()

# What cannot be.
for f in (
    lambda: server("no certificate", BOARD_KEY),
    lambda: server(BOARD, "no key"),
    lambda: server(BOARD, OWN_KEY),
    lambda: client("no certificate"),
    lambda: client().set_ciphers(["TLS-NONE"]),
    lambda: tls.SSLContext(7),
    lambda: tls.SSLContext(),
    lambda: client().wrap_socket(7, server_hostname="board.test"),
    lambda: client().wrap_socket(socket.socket(), server_side=True),
    lambda: setattr(client(), "verify_mode", 9),
    lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain("/missing.pem", "/missing.key"),
):
    try:
        f()
    except (OSError, ValueError, TypeError) as e:
        print(type(e).__name__, e)

# ssl: files, keywords, and nobody verified until asked for.
with open("/board.pem", "w") as f:
    f.write(BOARD)
with open("/board.key", "w") as f:
    f.write(BOARD_KEY)
with open("/authority.pem", "w") as f:
    f.write(AUTHORITY)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("/board.pem", "/board.key")
for verify in (ssl.CERT_NONE, ssl.CERT_REQUIRED):
    serve(context, lambda s: s.write(b"from files"))
    s = socket.socket()
    s.connect(("127.0.0.1", PORT))
    s = ssl.wrap_socket(s, cert_reqs=verify, cadata=AUTHORITY.encode(), server_hostname="board.test")
    print(s.read(10))
    done()
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
print(context.verify_mode)
context.load_verify_locations(cafile="/authority.pem")
context.verify_mode = ssl.CERT_REQUIRED
serve(server(), lambda s: s.write(b"verified"))
with connect(context, server_hostname="board.test") as s:
    print(s.read(8))
done()
