# needs: files
# os on a computer: files of the computer, VfsPosix, environment, shell, errno.
import os, vfs


def fails(f, *args):
    try:
        print("no error:", f(*args))
    except OSError as e:
        print("OSError", e.errno)
    except Exception as e:
        print(repr(e))


def clear(path, say):
    for name, kind, *_ in os.ilistdir(path):
        say("left:", name)
        name = path + "/" + name
        if kind == 0x4000:
            clear(name, say)
        else:
            os.unlink(name)
    os.rmdir(path)


start = os.getcwd()
base = "snakeye_os_host_test"
try:
    clear(base, lambda *_: None)  # of a run that was cut off
except OSError:
    pass
os.mkdir(base)
os.chdir(base)
try:
    with open("a", "w") as f:
        print(f.write("first\nsecond\n"), f.tell())
    with open("a") as f:
        print(f.fileno() > 2, str(f).startswith("<io.TextIOWrapper "), f.readline(), f.read(3), f.tell(), f.readlines())
    fails(f.read)
    print(f)
    with open("a", "ab") as f:
        f.write(b"third\xff")
        fails(f.read)
    with open("a", "r+b") as f:
        print(f.read(5), f.seek(-2, 2), f.read(), f.seek(0), f.write(b"FI"), f.seek(0), f.readline())
        fails(f.seek, -1)
    fails(open, "none")
    fails(open, "a/b")
    fails(open, ".", "w")
    fails(open, None)
    fails(open)
    print(open(2), open(1, "wb"))
    s = os.stat("a")
    print(oct(s[0] & 0xF000), s[6], s[3], s[8] > 1600000000, len(s), len(os.statvfs(".")))
    os.mkdir("d")
    fails(os.mkdir, "d")
    os.rename("a", "d/b")
    print([(e[0], hex(e[1]), len(e)) for e in os.ilistdir()], os.listdir("d"), os.listdir(b"d"))
    fails(os.rmdir, "d")
    fails(os.remove, "none")
    fails(os.stat, "none")
    fails(os.listdir, "none")
    fails(os.chdir, "none")
    fails(os.chdir, "d/b")
    os.chdir("d")
    print(os.getcwd() == start + "/" + base + "/d")
    os.chdir("..")

    # A tree of its own: absolute paths begin at its root, relative ones at the current directory.
    fs = vfs.VfsPosix("d")
    print(fs, [e[0] for e in fs.ilistdir("/")], fs.stat("/b")[6] == fs.stat("d/b")[6])
    fs.mkdir("/e")
    print(sorted(os.listdir("d")))
    vfs.mount(fs, "/tree")
    print(sorted(os.listdir("/tree")), vfs.mount()[0], os.stat("/tree/b")[6])
    os.chdir("/tree/e")
    print(os.getcwd())
    with open("x", "w") as f:
        f.write("x")
    os.rename("x", "/tree/y")
    fails(os.rename, "/tree/y", start + "/y")
    os.chdir("/tree")
    print(sorted(os.listdir()), os.getcwd())
    os.chdir(start + "/" + base)
    vfs.umount("/tree")
    vfs.mount(vfs.VfsPosix("d"), "/tree", readonly=True)
    fails(os.remove, "/tree/y")
    fails(open, "/tree/y", "a")
    print(open("/tree/y").read())
    vfs.umount("/tree")
    for p in ("d/y", "d/b"):
        os.unlink(p)
    os.rmdir("d/e")
    os.rmdir("d")
finally:
    os.chdir(start)
    clear(base, print)

print(os.sep, os.getenv("SNAKEYE_NO_SUCH"), os.getenv("SNAKEYE_NO_SUCH", 5))
os.putenv("SNAKEYE_TEST", "a b")
print(os.getenv("SNAKEYE_TEST"), os.system('test "$SNAKEYE_TEST" = "a b"'), os.system("exit 3"))
os.unsetenv("SNAKEYE_TEST")
print(os.getenv("SNAKEYE_TEST"), os.system('test -z "$SNAKEYE_TEST"'))
fails(os.putenv, "a=b", "c")
os.errno(7)
print(os.errno(), len(os.urandom(9)), os.urandom(0))
fails(os.urandom, -1)
