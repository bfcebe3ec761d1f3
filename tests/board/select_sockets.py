# virtual time
# select over sockets, alone and together with other streams, from several threads.
import _thread
import select
import socket
import sys
import time
from micropython import RingIO

PORT = 8161
listener = socket.socket()
listener.bind(("0.0.0.0", PORT))
listener.listen(2)
p = select.poll()
p.register(listener, select.POLLIN)
print(p.poll(0))
start = time.ticks_ms()
print(p.poll(100), 95 < time.ticks_diff(time.ticks_ms(), start) < 110)

a = socket.socket()
a.setblocking(False)
p.register(a, select.POLLOUT)
try:
    a.connect(("127.0.0.1", PORT))
except OSError as e:
    print("on its way")
seen = set()
while len(seen) < 2:
    for s, events in p.poll(1000):
        seen.add((s is a, events))
        if s is listener:
            b, _ = listener.accept()
            p.unregister(listener)
        else:
            p.modify(a, select.POLLIN)
print(sorted(seen))
print(p.poll(0))


def later(ms, f, *args):
    time.sleep_ms(ms)
    f(*args)


# Another thread sends while this one waits.
_thread.start_new_thread(later, (20, b.send, b"x"))
print([e for s, e in p.poll(1000)], a.recv(5))
# A ring buffer and a socket in one wait: whichever comes first.
ring = RingIO(8)
p.register(ring, select.POLLIN)
_thread.start_new_thread(later, (20, ring.write, b"r"))
_thread.start_new_thread(later, (40, b.send, b"s"))
order = []
while len(order) < 2:
    for s, e in p.ipoll():
        order.append("ring" if s is ring else "socket")
        s.read(1) if s is ring else s.recv(1)
print(order)
# The other end goes.
b.close()
events = [e for s, e in p.poll(1000)]
print(len(events), events[0] & select.POLLIN, a.recv(1))
p.unregister(ring)
# A closed socket is told of, not waited for.
a.close()
print([e for s, e in p.poll()])
p.unregister(a)
# Closed by another thread while it is waited for.
c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
c.bind(("0.0.0.0", PORT))
p.register(c, select.POLLIN)
_thread.start_new_thread(later, (20, c.close))
print([e & 32 for s, e in p.poll(1000)])
p.unregister(c)

# A datagram; select.select; the console.
d = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
d.bind(("0.0.0.0", PORT + 1))
r, w, x = select.select([d], [d], [d], 0)
print(len(r), len(w), len(x))
d.sendto(b"to myself", ("127.0.0.1", PORT + 1))
r, w, x = select.select([d], [], [], 1)
print(len(r), d.recv(20))
print(select.select([d], [], [], 0.05))
p = select.poll()
p.register(sys.stdout, select.POLLOUT)
print([e for s, e in p.poll()])
try:
    p.register(1)
except OSError as e:
    print("no descriptors here")
