# virtual time
# Addresses, constants, and what sockets refuse.
import socket

print(socket.getaddrinfo("192.168.1.7", 80))
print(socket.getaddrinfo("192.168.1.7", "8080", 0, socket.SOCK_DGRAM, socket.IPPROTO_UDP))
print(socket.getaddrinfo("", 80)[0][-1], socket.getaddrinfo("0.0.0.0", 80)[0][-1])
print(socket.getaddrinfo("localhost", 1)[0][-1])
print(socket.inet_pton(socket.AF_INET, "1.2.3.4"), socket.inet_ntop(socket.AF_INET, b"\x7f\x00\x00\x01"))
print(socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, "fe80::12")))


def refused(f):
    try:
        print(f())
    except (OSError, TypeError, ValueError) as e:
        print(type(e).__name__, e.args[0] if isinstance(e, OSError) else "")


refused(lambda: socket.inet_pton(socket.AF_INET, "1.2.3"))
refused(lambda: socket.inet_pton(3, "1.2.3.4"))
refused(lambda: socket.inet_ntop(socket.AF_INET, b"123"))
refused(lambda: socket.inet_ntop(socket.AF_INET, 5))
# Look-ups without a network: a negative number, as MicroPython has it.
refused(lambda: socket.getaddrinfo("example.com", 80))
refused(lambda: socket.getaddrinfo("1.2.3.4", 70000))
refused(lambda: socket.getaddrinfo(5, 80))
s = socket.socket()
refused(lambda: s.bind(80))
refused(lambda: s.bind(("", 80, 0)))
refused(lambda: s.bind(("",)))
refused(lambda: s.bind(("", -1)))
refused(lambda: s.bind((5, 80)))
refused(lambda: socket.socket(socket.AF_INET6))
refused(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW))
refused(lambda: socket.socket("x"))
# An option nobody knows is no reason to stop.
print(s.setsockopt(socket.SOL_SOCKET, 77, 1))
print(s.setsockopt(socket.SOL_SOCKET, 20, lambda s: None))
print(s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True))
refused(lambda: s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, b"123"))
refused(lambda: s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, "x"))
with socket.socket() as t:
    print(t.fileno() > 0)
print(t.fileno())
print(socket.AF_INET, socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOL_SOCKET, socket.SO_REUSEADDR)
import usocket

print(usocket is socket)


class Counting(socket.socket):
    def __init__(self, *args):
        super().__init__(*args)
        self.opened = 1


c = Counting()
c.bind(("", 8130))
print(c.opened, c.fileno() > 0)
c.close()
