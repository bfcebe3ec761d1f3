# Takes three pictures, the last with the flash LED on, and saves them to the board's file system.
import camera
import os
import time
from machine import Pin

flash = Pin(4, Pin.OUT)


def save(name):
    picture = camera.capture()
    if not picture:
        print("No picture for", name)
        return
    with open(name, "wb") as f:
        f.write(picture)
    print(name, os.stat(name)[6], "bytes")


if camera.init():
    camera.framesize(8)  # SVGA, 800x600
    camera.quality(12)
    save("small.jpg")
    camera.framesize(11)  # UXGA, 1600x1200
    save("large.jpg")
    flash.on()
    time.sleep(1)
    save("flash.jpg")
    flash.off()
    camera.deinit()
else:
    print("The camera does not answer; see the line above.")
