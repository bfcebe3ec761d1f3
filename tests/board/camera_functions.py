# virtual time
# The functions of the 2019 firmware: their results, before, during and after.
import camera

SETTERS = "flip pixformat framesize quality contrast saturation brightness speffect whitebalance aelevels aecvalue agcgain"
SETTERS = SETTERS.split()


def all_setters(value):
    return [getattr(camera, name)(value) for name in SETTERS]


# Off: everything says False.
print(camera.capture(), set(all_setters(1)))
print(camera.last_error())
print(camera.init(), camera.init(), camera.init(0))
print(set(all_setters(1)))


# What is no int is an error, everywhere.
def is_type_error(name):
    try:
        getattr(camera, name)("1")
    except TypeError:
        return True


print(all(is_type_error(name) for name in SETTERS))
# Values the sensor does not have are ignored.
print(set(all_setters(10000)), set(all_setters(-10000)))


def size_of(jpeg):
    """Width and height in the frame header of a JPEG."""
    at = 2
    while jpeg[at + 1] not in (0xC0, 0xC1, 0xC2):
        at += 2 + (jpeg[at + 2] << 8) + jpeg[at + 3]
    return (jpeg[at + 7] << 8) + jpeg[at + 8], (jpeg[at + 5] << 8) + jpeg[at + 6]


camera.deinit()
print(camera.init())
frame = camera.capture()
print(type(frame), size_of(frame), frame[:3], frame[-2:])
camera.pixformat(0)
for number in range(1, 12):
    camera.framesize(number)
    print(number, size_of(camera.capture()))
# More than this sensor has: the size stays.
camera.framesize(12)
print(size_of(camera.capture()))
print(camera.last_error())
camera.framesize(5)
for format, length in ((1, 320 * 240), (2, 320 * 240 * 2)):
    camera.pixformat(format)
    print(format, len(camera.capture()) == length)
camera.pixformat(9)
print(len(camera.capture()) == length)
camera.pixformat(0)

# Quality shows in the length.
camera.quality(10)
fine = len(camera.capture(fresh=True))
camera.quality(60)
print(len(camera.capture(fresh=True)) < fine)

print(camera.deinit(), camera.deinit())
print(camera.capture(), set(all_setters(1)))
for wrong in (lambda: camera.capture(1), lambda: camera.capture(new=True), lambda: camera.init(framesize=5), lambda: camera.quality()):
    try:
        wrong()
    except TypeError:
        print("TypeError")
