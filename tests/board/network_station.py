# virtual time
# A station from asleep to connected and back.
import network, time

sta = network.WLAN(network.STA_IF)
print(sta is network.WLAN(network.WLAN.IF_STA), sta is network.WLAN(), sta == network.WLAN(network.AP_IF))
print(sta.active(), sta.isconnected(), sta.status() == network.STAT_IDLE)


def refused(f):
    try:
        print(f())
    except (OSError, TypeError, ValueError) as e:
        print(type(e).__name__, e)


refused(lambda: sta.connect("net", "key"))
refused(sta.scan)
refused(lambda: sta.status("rssi"))
print(sta.active(True), sta.active())
refused(lambda: sta.status("rssi"))
refused(lambda: sta.connect("n" * 33))
refused(lambda: sta.connect("net", bssid=b"123"))
refused(lambda: sta.connect(5))
refused(lambda: network.WLAN(7))

print(all(len(n) == 6 for n in sta.scan()))
print(sta.connect("home", "password"))
print(sta.status() == network.STAT_CONNECTING, sta.isconnected())
start = time.ticks_ms()
while not sta.isconnected():
    time.sleep_ms(100)
print(time.ticks_diff(time.ticks_ms(), start) < 5000)
print(sta.status() == network.STAT_GOT_IP, -100 < sta.status("rssi") < 0)
ip, mask, gateway, dns = sta.ifconfig()
print(mask, ip.rsplit(".", 1)[0] == gateway.rsplit(".", 1)[0], ip != gateway)
print(sta.ipconfig("addr4") == (ip, mask), sta.ipconfig("gw4") == gateway)
print(sta.ipconfig("dhcp4"), sta.ipconfig("has_dhcp4"), network.ipconfig("dns") == dns)
print(sta.config("ssid"), sta.config("essid"), len(sta.config("mac")))

# Fixed addresses.
sta.ifconfig(("192.168.7.5", "255.255.255.0", "192.168.7.1", "8.8.8.8"))
print(sta.ifconfig(), sta.ipconfig("dhcp4"))
sta.ifconfig(["192.168.7.6", 16, "192.168.7.1", "8.8.4.4"])
print(sta.ifconfig())
sta.ipconfig(addr4="10.0.0.2/8", gw4="10.0.0.1")
print(sta.ifconfig())
sta.ipconfig(addr4=("10.0.0.3", "255.255.0.0"))
print(sta.ipconfig("addr4"))
network.ipconfig(dns="1.1.1.1")
print(network.ipconfig("dns"))
sta.ifconfig("dhcp")
print(sta.ifconfig()[0] == ip)
sta.ipconfig(addr4="10.0.0.2/8")
sta.ipconfig(dhcp4=True)
print(sta.ifconfig()[0] == ip, sta.ipconfig("dhcp4"))
for wrong in (("1.2.3", "255.0.0.0", "1.2.3.4", "1.2.3.4"), ("1.2.3.4",), "static", 5):
    refused(lambda: sta.ifconfig(wrong))
refused(lambda: sta.ipconfig(addr4="10.0.0.2/40"))
refused(lambda: sta.ipconfig("addr6"))
refused(lambda: sta.ipconfig(other=1))
refused(lambda: network.ipconfig("prefer"))

sta.disconnect()
print(sta.isconnected(), sta.status() == network.STAT_IDLE, sta.ifconfig()[0])
sta.active(False)
print(sta.active())
