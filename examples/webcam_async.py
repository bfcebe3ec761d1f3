# A web camera on a single asyncio loop, at board port 80.
#
#   /               page with live view
#   /live           MJPEG stream
#   /snap           one picture
#   /led/on, /off   the flash LED
#
# Taking a picture takes its time, so a thread does that; a flag tells the loop of each frame. A viewer that reads
# slowly skips frames and slows nobody else.

import _thread
import asyncio
import camera
import time
from machine import Pin

from wifi import sta, ap

PATIENCE = 5  # seconds that a client may take
flash = Pin(4, Pin.OUT)

PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Snakeye camera</title>
<style>body { margin: 0; font: 16px system-ui, sans-serif; background: #14181d; color: #e8e6e1; text-align: center; }
img { max-width: 100%; } button { font: inherit; margin: 12px; padding: 6px 20px; }</style></head>
<body><img src="/live" alt="live picture"><br>
<button onclick="fetch('/led/on')">Flash on</button><button onclick="fetch('/led/off')">Flash off</button>
</body></html>
"""


class Feed:
    def __init__(self):
        self.frame = None
        self.waiting = 0
        self.wanted = _thread.allocate_lock()
        self.wanted.acquire()
        self.arrived = asyncio.ThreadSafeFlag()
        self.news = asyncio.Event()

    def capture(self):
        """The thread: takes pictures while somebody waits for one."""
        while True:
            if not self.waiting:
                self.frame = None
                self.wanted.acquire()
                continue
            self.frame = camera.capture()
            if self.frame:
                self.arrived.set()
            else:
                time.sleep_ms(50)

    async def run(self):
        """The task that tells all who wait."""
        while True:
            await self.arrived.wait()
            self.news.set()
            self.news.clear()

    async def next(self):
        self.waiting += 1
        if self.wanted.locked():
            self.wanted.release()
        try:
            while True:
                await self.news.wait()
                if self.frame:
                    return self.frame
        finally:
            self.waiting -= 1


feed = Feed()


async def send(writer, *parts):
    for part in parts:
        writer.write(part)
    await asyncio.wait_for(writer.drain(), PATIENCE)


async def reply(writer, status, kind, body):
    head = "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
    await send(writer, (head % (status, kind, len(body))).encode(), body)


async def stream(writer):
    await send(
        writer,
        b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n"
        b"Cache-Control: no-store\r\nConnection: close\r\n\r\n",
    )
    while True:
        frame = await feed.next()
        head = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(frame)
        await send(writer, head, frame, b"\r\n")
        frame = None


async def answer(writer, path):
    if path == "/":
        await reply(writer, "200 OK", "text/html; charset=utf-8", PAGE.encode())
    elif path == "/live":
        await stream(writer)
    elif path == "/snap":
        await reply(writer, "200 OK", "image/jpeg", await feed.next())
    elif path in ("/led/on", "/led/off"):
        flash.value(path == "/led/on")
        await reply(writer, "200 OK", "text/plain", b"OK\n")
    else:
        await reply(writer, "404 Not Found", "text/plain", b"no such page\n")


async def read_path(reader):
    words = (await reader.readline()).split()
    while len(await reader.readline()) > 2:
        pass  # headers
    return words[1].decode() if len(words) == 3 and words[0] == b"GET" else ""


async def serve(reader, writer):
    try:
        await answer(writer, await asyncio.wait_for(read_path(reader), PATIENCE))
    except (OSError, asyncio.TimeoutError, UnicodeError):
        pass  # the client left, was too slow, or is none of ours
    finally:
        await writer.wait_closed()


async def main():
    asyncio.create_task(feed.run())
    await asyncio.start_server(serve, "0.0.0.0", 80)
    print("Page: port 80")
    await asyncio.Event().wait()


if camera.init():
    if sta.connect() is None:
        ap.start()
    _thread.start_new_thread(feed.capture, ())
    try:
        asyncio.run(main())
    finally:
        camera.deinit()
else:
    print("The camera does not answer; see the line above.")
