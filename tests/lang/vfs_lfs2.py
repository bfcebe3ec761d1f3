# needs: files
# LittleFS v2 on a block device written in Python.
import os, vfs


class RAM:
    def __init__(self, size, count):
        self.size = size
        self.data = bytearray(b"\xff" * (size * count))
        self.fail = 0
        self.unit = 1

    def readblocks(self, n, buf, off):
        if off % self.unit or len(buf) % self.unit:
            print("unaligned read", off, len(buf))
        buf[:] = self.data[n * self.size + off : n * self.size + off + len(buf)]
        if isinstance(self.fail, Exception):
            raise self.fail
        return self.fail

    def writeblocks(self, n, buf, off):
        if off % self.unit or len(buf) % self.unit:
            print("unaligned write", off, len(buf))
        self.data[n * self.size + off : n * self.size + off + len(buf)] = buf
        return self.fail

    def ioctl(self, op, arg):
        if op == 4:
            return len(self.data) // self.size
        if op == 5:
            return self.size
        if op == 6:
            self.data[arg * self.size : (arg + 1) * self.size] = b"\xff" * self.size
            return 0


def fails(f, *args, **kw):
    try:
        print("no error:", f(*args, **kw))
    except OSError as e:
        print("OSError", e.errno)
    except Exception as e:
        print(type(e).__name__, e.args)


dev = RAM(512, 64)
fails(vfs.VfsLfs2, dev)
fails(vfs.VfsLfs2, 1)
fails(vfs.VfsLfs2, dev, 16)
vfs.VfsLfs2.mkfs(dev)
fs = vfs.VfsLfs2(dev)
print(fs, fs.statvfs(""), fs.getcwd(), list(fs.ilistdir()))

# Modes.
for mode in ("w+", "r+", "a+", "x", "r+b", "w+b", "b+r", "wt+", "w+t", "x+"):
    try:
        with fs.open("f", mode) as f:
            print(mode, f, end=" ")
            try:
                print(f.write(b"ab" if "b" in mode else "ab"), end=" ")
            except OSError as e:
                print("write", e.errno, end=" ")
            try:
                print(f.tell(), f.seek(0), repr(f.read()))
            except OSError as e:
                print("read", e.errno)
    except Exception as e:
        print(mode, type(e).__name__, e.args)
for mode in ("rw", "wa", "ww", "+r", "ar+"):
    fails(fs.open, "f", mode)

# Positions.
with fs.open("pos", "w+b") as f:
    print(f.write(bytes(range(100))), f.seek(-10, 2), f.read(4), f.seek(-2, 1), f.read(3), f.seek(200), f.read())
    fails(f.seek, -1)
    fails(f.seek, -500, 1)
    fails(f.seek, 1 << 31)
    print(f.write(b"!"), f.seek(98), f.read(4), f.tell(), f.seek(0, 2))
fails(f.read)
fails(f.tell)
f.close()

# Text counts characters, lines come with their ends.
with fs.open("text", "w") as f:
    print(f.write("één\ntwee\n\nlaatste"))
with fs.open("text", "r") as f:
    print(repr(f.read(2)), repr(f.readline()), f.readlines(), repr(f.readline()), repr(f.read()))
with fs.open("text", "rb") as f:
    buf = bytearray(5)
    print(f.readinto(buf), buf, f.readinto(buf, 2), buf, f.readline(3), [x for x in f])
with fs.open("parts", "w") as f:
    print(f.write("abcdef", 2), f.write("abcdef", 4, 2), f.write(bytearray(b"xyz")), f.write(memoryview(b"12345")[1:3]))
with fs.open("parts", "r") as f:
    print(f.read())

# Directories.
fs.mkdir("d")
fs.mkdir("d/e")
fails(fs.mkdir, "d")
fails(fs.mkdir, "no/d")
fails(fs.remove, "d")
fails(fs.open, "d", "w")
fails(fs.open, "no", "r")
fails(fs.open, "f", "x")
fs.chdir("d")
print(fs.getcwd(), list(fs.ilistdir()), list(fs.ilistdir(b"..//d")))
fs.chdir("e")
print(fs.getcwd())
fs.rename("/f", "f")
fs.chdir("..")
print(fs.getcwd(), list(fs.ilistdir("e")), fs.stat("e/f")[:7], fs.stat("e")[0])
fails(fs.chdir, "e/f")
fs.remove("e/f")
fs.rmdir("e")
fs.chdir("/")
print(sorted(fs.ilistdir("/")))

# What is not closed is written all the same.
fs.open("left", "w").write("left open")
print(fs.open("left", "r").read())

# Full.
def fill():
    with fs.open("big", "wb") as f:
        while True:
            f.write(bytes(1000))


fails(fill)
fs.remove("big")

# Large files survive a new mount.
with fs.open("large", "wb") as f:
    for i in range(40):
        f.write(bytes([i]) * 256)
fs.umount()
fs = vfs.VfsLfs2(dev, readsize=64, progsize=64, lookahead=8)
with fs.open("large", "rb") as f:
    print(all(f.read(256) == bytes([i]) * 256 for i in range(40)), f.read(1))

# Units of reads and writes, and options that cannot be.
dev2 = RAM(1024, 16)
dev2.unit = 256
vfs.VfsLfs2.mkfs(dev2, readsize=256, progsize=256)
fs2 = vfs.VfsLfs2(dev2, readsize=256, progsize=256)
with fs2.open("u", "w") as f:
    f.write("units" * 300)
with fs2.open("u", "r") as f:
    f.seek(1001)
    print(f.read(6))

# Errors of the device, by number and by exception.
dev.fail = -5
fails(fs.open, "large", "r")
dev.fail = KeyError("device")
fails(fs.stat, "large")
dev.fail = "bad"
fails(fs.stat, "large")
dev.fail = 0
print(fs.stat("large")[6])

# Read-only: by mount, or because the device takes no writes.
vfs.mount(fs, "/ro", readonly=True)
print(open("/ro/text").readline(), end="")
for f, args in ((open, ("/ro/n", "w")), (os.mkdir, ("/ro/n",)), (os.remove, ("/ro/f",)), (os.rename, ("/ro/f", "/ro/g"))):
    fails(f, *args)
vfs.umount("/ro")


class ROM:
    def __init__(self, dev):
        self.readblocks = dev.readblocks
        self.ioctl = dev.ioctl


fs = vfs.VfsLfs2(ROM(dev))
print(fs.open("text", "r").readline(), end="")
fails(fs.open, "n", "w")
fails(fs.mkdir, "n")

# Found by what is on the device; code of the device cannot use the file system that is calling it.
vfs.mount(dev, "/lfs")
print(sorted(os.listdir("/lfs")), vfs.mount()[0][0])


class Back(RAM):
    fs = None

    def readblocks(self, n, buf, off):
        if self.fs:
            fs, self.fs = self.fs, None
            fails(fs.stat, "f")
            self.fs = fs
        super().readblocks(n, buf, off)


back = Back(512, 16)
vfs.VfsLfs2.mkfs(back)
back.fs = vfs.VfsLfs2(back)
print(list(back.fs.ilistdir())[:1])
back.fs = None

# Times of modification.
fs = vfs.VfsLfs2(dev, mtime=False)
with fs.open("nt", "w") as f:
    f.write("x")
print(fs.stat("nt")[7:], fs.stat("text")[8] > 0)
vfs.umount("/lfs")
fs = vfs.VfsLfs2(dev)
fs.open("nt", "a").close()
print(fs.stat("nt")[8] > 0)
