# select over what needs no sockets: ring buffers, flags, and streams written in Python.
import io
import select
from micropython import RingIO

print(select.POLLIN, select.POLLOUT, select.POLLERR, select.POLLHUP)
a, b = RingIO(4), RingIO(2)
p = select.poll()
print(p.poll(0))
p.register(a)
p.register(b, select.POLLIN)


def show(pairs):
    print([("a" if o is a else "b") + str(e) for o, e in pairs])


show(p.poll(0))
a.write(b"1234")
show(p.poll(0))
b.write(b"5")
show(p.poll())
p.modify(a, select.POLLOUT)
show(p.poll(-1))
p.register(a, select.POLLIN)
show(p.poll(None))
p.unregister(b)
p.unregister(b)
show(p.poll(0))
try:
    p.modify(b, 1)
except OSError as e:
    print(e.errno)

# The pair that ipoll gives is the poll object's own.
p.register(b, select.POLLIN)
pairs = [pair for pair in p.ipoll(0)]
print(len(pairs), pairs[0] is pairs[1], len(pairs[0]), pairs[0][0] is b, pairs[0][1], pairs[0][-1])
for stream, events in p.ipoll(0):
    print(stream is a, stream is b, events)
print(isinstance(pairs[0], tuple), pairs[0] == (b, 1), (b, 1) == pairs[0], pairs[0] != (b, 2))
# Once reported, not again until it is asked for again.
print(len(list(p.ipoll(0, 1))), len(list(p.ipoll(0, 1))), len(p.poll(0)))
p.modify(b, select.POLLIN)
show(p.poll(0))


class Stream(io.IOBase):
    def __init__(self, answers):
        self.answers = answers

    def ioctl(self, request, arg):
        if request != 3:
            return -1
        print("asked for", arg)
        return self.answers.pop(0)


s = Stream([0, 0, 4, -5, 16])
p = select.poll()
p.register(s, select.POLLOUT)
print(p.poll(0))
# Asked again until it is ready.
print([(o is s, e) for o, e in p.poll(1000)])
try:
    p.poll(0)
except OSError as e:
    print(e.errno)
print([e for o, e in p.poll(0)])


class Leaver(io.IOBase):
    def ioctl(self, request, arg):
        p.unregister(self)
        p.unregister(other)
        return 1


other = Stream([])
p = select.poll()
p.register(Leaver())
p.register(other)
print(p.poll(0))


class Broken(io.IOBase):
    def ioctl(self, request, arg):
        raise ValueError("broken")


p = select.poll()
p.register(Broken())
try:
    p.poll(0)
except ValueError as e:
    print(e)

for bad in (5.5, "x", [], io.StringIO()):
    try:
        p.register(bad)
        print("?")
    except OSError:
        print("OSError")

# select.select
r, w, x = select.select([a, b], [a, b], [a])
print([o is a for o in r], [o is b for o in w], x)
a.read()
b.read()
print(select.select([a, b], [], [], 0), select.select([], [], [], 0.01))
print(len(select.select((a,), (a,), (), None)[1]))
