# needs: files
# The mount table: which file system object answers for a path, and with what path.
import io, os, vfs


class Log:
    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return "Log(%s)" % self.name

    def mount(self, readonly, mkfs):
        print(self.name, "mount", readonly, mkfs)

    def umount(self):
        print(self.name, "umount")

    def stat(self, path):
        print(self.name, "stat", repr(path))
        return (0x8000, 0, 0, 0, 0, 0, 7, 1, 2, 3)

    def statvfs(self, path):
        print(self.name, "statvfs", repr(path))
        return tuple(range(10))

    def ilistdir(self, path):
        print(self.name, "ilistdir", repr(path))
        yield ("one", 0x8000, 0, 5)
        yield ("two", 0x4000, 0)

    def chdir(self, path):
        print(self.name, "chdir", repr(path))
        if path.endswith("bad"):
            raise OSError(2)
        self.cwd = path

    def getcwd(self):
        return self.cwd

    def rename(self, a, b):
        print(self.name, "rename", repr(a), repr(b))

    def remove(self, path):
        print(self.name, "remove", repr(path))

    def mkdir(self, path):
        print(self.name, "mkdir", repr(path))

    def open(self, path, mode):
        print(self.name, "open", repr(path), mode)
        return "stream of " + path


def fails(f, *args, **kw):
    try:
        print("no error:", f(*args, **kw))
    except OSError as e:
        print("OSError", e.errno)
    except Exception as e:
        print(repr(e))


start = os.getcwd()
root = vfs.mount()[-1]
print(root[1], type(root[0]).__name__)
vfs.umount("/")
print(vfs.mount(), os.getcwd(), os.listdir(), os.listdir("/"), os.stat("/")[0])
fails(os.stat, "/x")
fails(os.stat, "x")
fails(os.mkdir, "/")
fails(os.remove, "/")
fails(os.rename, "/a", "/b")
fails(open, "/x")

a, b = Log("a"), Log("b")
vfs.mount(a, "/a")
vfs.mount(b, "/b", readonly=True)
print(vfs.mount())
fails(vfs.mount, Log("c"), "/a")
fails(vfs.mount, Log("c"), "/a/deep")
print(list(os.ilistdir("/")), os.listdir(b"/"))
print(os.listdir("/a"), os.listdir("/a/"), os.listdir("/b/x/../y"))
print(open("/a/f"), open("/b/d/f", "wb"), open("/a/f", mode="r"))
print(os.stat("/a"), os.stat("a/q")[6])
os.rename("/a/1", "/a/2")
fails(os.rename, "/a/1", "/b/2")
fails(os.rename, "/a/1", "/c/2")
fails(os.rename, "/c/1", "/a/2")
fails(os.mkdir, "/a")
fails(os.mkdir, "/a/")
os.mkdir("/a/new")
os.unlink("/a/old")

# The current directory belongs to the file system that chdir went to.
os.chdir("/b")
print(os.getcwd())
os.chdir("sub")
print(os.getcwd())
fails(os.chdir, "/a/bad")
fails(os.chdir, "/nowhere")
os.stat("rel")
os.remove("/a/abs")
vfs.umount(b)
print(os.getcwd())
fails(vfs.umount, b)
fails(vfs.umount, "/b")

# A root mount answers for the rest; relative paths stay relative for it.
r = Log("r")
vfs.mount(r, "/")
print(vfs.mount())
os.stat("x")
os.stat("/x")
print(os.listdir(), os.statvfs("/")[9])
os.chdir("/")
r2 = Log("r2")
vfs.mount(r2, "/")
os.stat("/x")
vfs.umount("/")
os.stat("/x")
vfs.umount(r)
vfs.umount(a)
print(vfs.mount())
print(os.mount is vfs.mount, os.umount is vfs.umount, os.VfsLfs2 is vfs.VfsLfs2)

# Modules come from there too.
class Text(io.IOBase):
    def __init__(self, data):
        self.data = data

    def readinto(self, buf):
        n = min(len(buf), len(self.data))
        buf[:n] = self.data[:n]
        self.data = self.data[n:]
        return n

    def ioctl(self, op, arg):
        return 0 if op == 4 else 40


class Modules:
    files = {"/lib_x.py": b"value = 6 * 7\n" + b"#" * 100, "/pack/__init__.py": b"from . import part", "/pack/part.py": b"name = __name__"}

    def mount(self, readonly, mkfs):
        pass

    def umount(self):
        pass

    def stat(self, path):
        if path in self.files:
            return (0x8000,) + (0,) * 9
        if any(f.startswith(path + "/") for f in self.files):
            return (0x4000,) + (0,) * 9
        raise OSError(2)

    def open(self, path, mode):
        return Text(self.files[path])


import sys

vfs.mount(Modules(), "/mods")
sys.path.append("/mods")
import lib_x, pack

print(lib_x.value, lib_x.__file__, pack.part.name)
fails(__import__, "lib_y")
sys.path.pop()
vfs.umount("/mods")
vfs.mount(*root)
os.chdir(start)
print(os.getcwd() == start)
