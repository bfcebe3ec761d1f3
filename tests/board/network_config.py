# virtual time
# Settings of both interfaces, the access point, and the module's own.
import network

ap = network.WLAN(network.AP_IF)
print(ap.active(True), ap.isconnected(), ap.status(), ap.status("stations"))
print(ap.ifconfig())
print(ap.config("essid").startswith("ESP_"), ap.config("authmode") == network.AUTH_OPEN)
# As scripts of 2019 wrote it, and as they do now.
ap.config(essid="camera", authmode=network.AUTH_WPA_WPA2_PSK, password="123456789", channel=11)
print(ap.config("ssid"), ap.config("security"), ap.config("channel"))
ap.config(ssid="Kamera", key="abcdefgh", security=network.WLAN.SEC_WPA2, hidden=True, max_clients=2)
print(ap.config("essid"), ap.config("authmode"), ap.config("hidden"), ap.config("max_clients"))
ap.ifconfig(("192.168.9.1", "255.255.255.0", "192.168.9.1", "8.8.8.8"))
print(ap.ifconfig())

sta = network.WLAN(network.STA_IF)
sta.active(True)
sta.config(pm=sta.PM_NONE, txpower=8.5, reconnects=3, protocol=network.MODE_11B | network.MODE_11G)
print(sta.config("pm"), sta.config("txpower"), sta.config("reconnects"), sta.config("protocol"))
sta.config(bandwidth=network.WLAN.BANDWIDTH_20, mac=b"\x02\x00\x00\x00\x00\x01")
print(sta.config("bandwidth"), sta.config("mac"))


def refused(f):
    try:
        print(f())
    except (OSError, TypeError, ValueError) as e:
        print(type(e).__name__, e)


refused(lambda: ap.config("key"))
refused(lambda: ap.config("nothing"))
refused(lambda: ap.config(nothing=1))
refused(lambda: ap.config())
refused(lambda: ap.config("ssid", channel=1))
refused(lambda: sta.config("hidden"))
refused(lambda: sta.config(key="12345678"))
refused(lambda: ap.config("reconnects"))
refused(lambda: ap.config(mac=b"123"))
refused(lambda: ap.config(security=99))
refused(lambda: ap.config(ssid=5))
refused(lambda: ap.connect("x"))
refused(lambda: ap.status("rssi"))
refused(lambda: sta.status("stations"))
refused(lambda: sta.status("weather"))

network.hostname("kitchen-cam")
print(network.hostname(), sta.config("dhcp_hostname"))
sta.config(dhcp_hostname="hall-cam")
print(network.hostname(), sta.config("hostname"))
refused(lambda: network.hostname("x" * 33))
print(network.country())
network.country("DE")
print(network.country())
refused(lambda: network.country("DEU"))
print(network.phy_mode())
print(network.STAT_IDLE, network.STAT_CONNECTING, network.STAT_GOT_IP)
print(network.STAT_NO_AP_FOUND, network.STAT_WRONG_PASSWORD, network.STAT_CONNECT_FAIL, network.AUTH_WPA3_PSK)
ap.active(False)
print(ap.active())
