# A web camera with three servers, each in threads of its own.
#
#   port 80   /apikey/webcam     page with live view and controls
#             /apikey/live       MJPEG stream
#   port 81   /apikey/snap       one picture
#             /apikey/blitz      one picture with the flash LED on
#   port 82   /apikey/NAME/N     settings: see `settings` below; /apikey/flash/on and /off
#
# Every viewer gets its own thread; one that reads slowly skips frames and slows nobody else.

import _thread
import camera
import socket
import time
from machine import Pin

from wifi import sta, ap

KEY = "apikey"  # first part of every path; change it to keep strangers out
MAX_VIEWERS = 8
flash = Pin(4, Pin.OUT)

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Snakeye camera</title>
<style>
body { margin: 0; font: 16px/1.4 system-ui, sans-serif; background: #14181d; color: #e8e6e1; }
header { padding: 12px 20px; background: #1d242c; }
h1 { margin: 0; font-size: 20px; font-weight: 600; }
main { display: flex; flex-wrap: wrap; gap: 20px; padding: 20px; align-items: flex-start; }
#live { flex: 1 1 480px; min-width: 0; max-width: 1024px; width: 100%; border-radius: 8px; background: #000; }
form { flex: 0 1 300px; display: grid; grid-template-columns: auto 1fr; gap: 10px 14px; align-items: center; }
select, input, button { font: inherit; width: 100%; box-sizing: border-box; }
button { padding: 6px; border: 0; border-radius: 6px; background: #3c7d5c; color: #fff; cursor: pointer; }
.wide { grid-column: 1 / 3; display: flex; gap: 10px; }
</style>
</head>
<body>
<header><h1>Snakeye camera</h1></header>
<main>
<img id="live" src="/KEY/live" alt="live picture">
<form onsubmit="return false">
<label>Size</label>
<select data-name="pix">
<option value="5">QVGA 320x240</option><option value="6">CIF 400x296</option>
<option value="7">VGA 640x480</option><option value="8">SVGA 800x600</option>
<option value="9" selected>XGA 1024x768</option><option value="10">SXGA 1280x1024</option>
<option value="11">UXGA 1600x1200</option>
</select>
<label>Quality</label><input data-name="qua" type="range" min="10" max="63" value="12">
<label>Brightness</label><input data-name="bri" type="range" min="-2" max="2" value="0">
<label>Contrast</label><input data-name="con" type="range" min="-2" max="2" value="0">
<label>Saturation</label><input data-name="sat" type="range" min="-2" max="2" value="0">
<label>Exposure</label><input data-name="ael" type="range" min="-2" max="2" value="0">
<label>Effect</label>
<select data-name="spe">
<option value="0">none</option><option value="1">negative</option><option value="2">black and white</option>
<option value="3">reddish</option><option value="4">greenish</option><option value="5">bluish</option>
<option value="6">antique</option>
</select>
<label>Light</label>
<select data-name="wbl">
<option value="0">automatic</option><option value="1">sunny</option><option value="2">cloudy</option>
<option value="3">office</option><option value="4">home</option>
</select>
<div class="wide">
<button data-flash="on">Flash on</button><button data-flash="off">Flash off</button>
</div>
<div class="wide"><button id="snap">Picture</button><button id="blitz">Picture with flash</button></div>
</form>
</main>
<script>
const first = Number(location.port || 80);
const at = (port, path) => `http://${location.hostname}:${port}/KEY/${path}`;
const set = path => fetch(at(first + 2, path), {mode: "no-cors"});
for (const e of document.querySelectorAll("[data-name]"))
  e.onchange = () => set(e.dataset.name + "/" + e.value);
for (const e of document.querySelectorAll("[data-flash]"))
  e.onclick = () => set("flash/" + e.dataset.flash);
for (const id of ["snap", "blitz"])
  document.getElementById(id).onclick = () => open(at(first + 1, id));
</script>
</body>
</html>
""".replace("KEY", KEY)


def reply(client, status, kind="text/plain", body=b""):
    if isinstance(body, str):
        body = body.encode()
    client.sendall(
        (
            "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n"
            "Access-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n" % (status, kind, len(body))
        ).encode()
    )
    client.sendall(body)


def read_request(client):
    """The parts of the requested path behind KEY, [] for "/", None when it is not for us."""
    request = b""
    while b"\r\n\r\n" not in request:
        part = client.recv(512)
        if not part or len(request) > 4096:
            return None
        request += part
    words = request.split(b"\r\n", 1)[0].split(b" ")
    if len(words) != 3 or words[0] != b"GET":
        return None
    try:
        path = words[1].decode().split("?")[0].split("/")
    except UnicodeError:
        return None
    if path == ["", ""]:
        return []
    if path[0] != "" or path[1] != KEY:
        return None
    return path[2:]


class Feed:
    """Captures while somebody watches, and wakes every viewer when a new frame is there."""

    def __init__(self):
        self.frame = None
        self.viewers = []
        self.started = _thread.allocate_lock()
        self.started.acquire()

    def join(self):
        bell = _thread.allocate_lock()
        bell.acquire()
        self.viewers.append(bell)
        if self.started.locked():
            self.started.release()
        return bell

    def leave(self, bell):
        self.viewers.remove(bell)

    def run(self):
        while True:
            if not self.viewers:
                self.frame = None
                self.started.acquire()
                continue
            frame = camera.capture()
            if not frame:
                time.sleep_ms(50)
                continue
            self.frame = frame
            frame = None
            for bell in self.viewers:
                if bell.locked():
                    bell.release()


feed = Feed()


def stream(client):
    if len(feed.viewers) >= MAX_VIEWERS:
        reply(client, "503 Service Unavailable", body="too many viewers\n")
        return
    bell = feed.join()
    try:
        client.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n"
            b"Cache-Control: no-store\r\nAccess-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n"
        )
        while True:
            bell.acquire()
            frame = feed.frame
            if frame is None:
                continue
            client.sendall(b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(frame))
            client.sendall(frame)
            frame = None
            client.sendall(b"\r\n")
    finally:
        feed.leave(bell)


def live_pages(client, path):
    if path == [] or path == ["webcam"]:
        reply(client, "200 OK", "text/html; charset=utf-8", PAGE)
    elif path == ["live"]:
        stream(client)
    else:
        reply(client, "404 Not Found", body="no such page\n")


def snapshots(client, path):
    if path == ["snap"]:
        picture = camera.capture()
    elif path == ["blitz"]:
        flash.on()
        time.sleep_ms(200)  # let the exposure settle
        picture = camera.capture()
        flash.off()
    else:
        reply(client, "404 Not Found", body="no such page\n")
        return
    if picture:
        reply(client, "200 OK", "image/jpeg", picture)
    else:
        reply(client, "503 Service Unavailable", body="no picture\n")


# Path, function, least and greatest value.
settings = {
    "fmt": (camera.pixformat, 0, 2),
    "pix": (camera.framesize, 1, 12),
    "qua": (camera.quality, 10, 63),
    "con": (camera.contrast, -2, 2),
    "sat": (camera.saturation, -2, 2),
    "bri": (camera.brightness, -2, 2),
    "ael": (camera.aelevels, -2, 2),
    "aev": (camera.aecvalue, 0, 1200),
    "agc": (camera.agcgain, 0, 30),
    "spe": (camera.speffect, 0, 6),
    "wbl": (camera.whitebalance, 0, 4),
}


def controls(client, path):
    if len(path) == 2 and path[0] == "flash" and path[1] in ("on", "off"):
        flash.value(path[1] == "on")
    elif len(path) == 2 and path[0] in settings:
        change, least, greatest = settings[path[0]]
        try:
            value = int(path[1])
        except ValueError:
            value = None
        if value is None or not least <= value <= greatest:
            reply(client, "400 Bad Request", body="%s takes %d to %d\n" % (path[0], least, greatest))
            return
        change(value)
    else:
        reply(client, "404 Not Found", body="no such setting\n")
        return
    reply(client, "200 OK", body="OK\n")


def serve_client(client, handler):
    try:
        client.settimeout(5)
        path = read_request(client)
        if path is None:
            reply(client, "400 Bad Request", body="bad request\n")
        else:
            handler(client, path)
    except OSError:
        pass  # the client left or was too slow
    finally:
        client.close()


def serve(port, handler):
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("0.0.0.0", port))
    server.listen(4)
    while True:
        try:
            client, _ = server.accept()
        except OSError:
            time.sleep_ms(100)  # all sockets of the board are in use
            continue
        try:
            _thread.start_new_thread(serve_client, (client, handler))
        except (OSError, RuntimeError, MemoryError):
            client.close()  # no room for another thread
        client = None


def main():
    if not camera.init():
        print("The camera does not answer; see the line above.")
        return
    if sta.connect() is None:
        ap.start()
    _thread.start_new_thread(feed.run, ())
    _thread.start_new_thread(serve, (80, live_pages))
    _thread.start_new_thread(serve, (81, snapshots))
    print("Page: port 80, /%s/webcam" % KEY)
    try:
        serve(82, controls)
    finally:
        camera.deinit()


main()
