# Joins a Wi-Fi network as a station.
import network
import time

# Put your network's name and password here.
SSID = "my-network"
KEY = "my-password"


def connect(ssid=SSID, key=KEY, timeout=15):
    """Connects and returns the board's address; None when that took more than `timeout` seconds."""
    wlan = network.WLAN(network.STA_IF)
    wlan.active(True)
    if not wlan.isconnected():
        print("Connecting to", ssid)
        wlan.connect(ssid, key)
        deadline = time.ticks_add(time.ticks_ms(), timeout * 1000)
        while not wlan.isconnected():
            if time.ticks_diff(deadline, time.ticks_ms()) <= 0:
                print("No connection to", ssid, "- status", wlan.status())
                return None
            time.sleep_ms(100)
    address = wlan.ifconfig()[0]
    print("Connected, address", address)
    return address
