# virtual time
# Datagrams of the board to itself.
import socket, errno

a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
b = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
a.bind(("127.0.0.1", 8125))
b.bind(("127.0.0.1", 8126))
print(a.sendto(b"hello", ("127.0.0.1", 8126)))
print(b.recvfrom(100))
print(a.sendto("text", ["127.0.0.1", 8126]), b.recv(100))
# What does not fit is lost; an empty datagram is one all the same.
a.sendto(b"long datagram", ("127.0.0.1", 8126))
a.sendto(b"", ("127.0.0.1", 8126))
a.sendto(b"next", ("127.0.0.1", 8126))
print(b.recv(4), b.recvfrom(4)[0], b.recv(4))
b.settimeout(0.02)
try:
    b.recvfrom(10)
except OSError as e:
    print(errno.errorcode[e.errno])
b.setblocking(False)
try:
    b.recvfrom(10)
except OSError as e:
    print(errno.errorcode[e.errno])
# Connected datagram sockets.
a.connect(("127.0.0.1", 8126))
print(a.send(b"connected"), b.recv(20))
# A port is taken once.
c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
try:
    c.bind(("", 8125))
except OSError as e:
    print(errno.errorcode[e.errno])
a.close()
c.bind(("", 8125))
b.sendto(b"again", ("127.0.0.1", 8125))
print(c.recv(10))
# Not a datagram affair.
try:
    c.listen()
except OSError as e:
    print(errno.errorcode[e.errno])
