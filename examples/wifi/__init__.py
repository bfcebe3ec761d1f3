# Wi-Fi for the examples: `from wifi.sta import connect` or `from wifi.ap import start`.
