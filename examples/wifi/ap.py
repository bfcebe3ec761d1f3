# Opens an access point of the board's own.
import network

SSID = "snakeye"
KEY = "snakeye-camera"  # at least 8 characters


def start(ssid=SSID, key=KEY):
    """Starts the access point and returns the board's address in it."""
    wlan = network.WLAN(network.AP_IF)
    wlan.active(True)
    if key:
        wlan.config(essid=ssid, authmode=network.AUTH_WPA_WPA2_PSK, password=key)
    else:
        wlan.config(essid=ssid, authmode=network.AUTH_OPEN)
    address = wlan.ifconfig()[0]
    print("Access point", ssid, "- address", address)
    return address
