"""Reads JPEG headers, and the frame counter that the simulated scene shows (see crates/sim/src/scene/counter.rs)."""
import shutil
import subprocess


def jpeg_size(data):
    """(width, height) from the frame header, None when there is none."""
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], data[at + 2] << 8 | data[at + 3]
        if 0xC0 <= marker <= 0xC3:
            return data[at + 7] << 8 | data[at + 8], data[at + 5] << 8 | data[at + 6]
        at += 2 + length
    return None


def luma(image, width=440, height=240):
    """The picture (JPEG or PNG) as rows of brightness, scaled; None without a picture or ffmpeg."""
    if not image or not shutil.which("ffmpeg"):
        return None
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", "-", "-vf", "scale=%d:%d:flags=area" % (width, height), "-pix_fmt", "gray", "-f", "rawvideo", "-"],
        input=image, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )
    data = done.stdout
    if len(data) < width * height:
        return None
    return [data[y * width : (y + 1) * width] for y in range(height)]


def brightness(image):
    """Mean brightness of the lower three quarters, where the scene is."""
    rows = luma(image)
    if rows is None:
        return None
    rows = rows[len(rows) // 4 :]
    return sum(sum(r) for r in rows) / sum(len(r) for r in rows)


def frame_number(image):
    """The counter shown in the picture, None when it cannot be read."""
    rows = luma(image)
    if rows is None:
        return None
    width, height = len(rows[0]), len(rows)
    row = rows[int(height * 0.06)]
    block = width / 22
    levels = [row[int((i + 1.5) * block)] for i in range(20)]
    bits = [level > 128 for level in levels]
    if not bits[0] or bits[1] or bits[19] or sum(bits[2:19]) % 2:
        return None
    number = 0
    for bit in bits[2:18]:
        number = number << 1 | bit
    return number
