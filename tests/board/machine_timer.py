# Timers, signals, pulses and the clock of the board.
import machine
import time
from machine import RTC, Pin, PinBase, Signal, Timer

# A periodic timer calls back until it is stopped; a one-shot timer once.
ticks = []
t = Timer(-1, period=5, callback=lambda t: ticks.append(t))
print(t)
while len(ticks) < 3:
    time.sleep_ms(1)
t.deinit()
n = len(ticks)
print(all(x is t for x in ticks))
once = []
u = Timer(0)
u.init(mode=Timer.ONE_SHOT, freq=200, callback=once.append)
while not once:
    time.sleep_ms(1)
time.sleep_ms(15)
print(len(once), len(ticks) == n, u)
# A new init takes the place of the old one.
t.init(period=1000000, callback=lambda t: print("never"))
t.init(mode=Timer.ONE_SHOT, period=1, callback=lambda t: once.append("new"))
while len(once) < 2:
    time.sleep_ms(1)
print(once[1])
for bad in ({"period": 0}, {"freq": 0}, {"period": 5, "hard": True}):
    try:
        Timer(1, **bad)
    except ValueError as e:
        print(e)
try:
    Timer(9)
except ValueError as e:
    print(e)

# Signals over pins of the chip.
led = Signal(4, Pin.OUT, value=0, invert=True)
print(Pin(4).value(), led.value())
led.on()
print(Pin(4).value(), led())
led(0)
print(Pin(4).value(), led.value())
wrapped = Signal(Pin(4), invert=True)
wrapped.off()
print(Pin(4).value(), wrapped.value())


# Pins written in Python.
class Blink(PinBase):
    def __init__(self, levels):
        self.levels = levels

    def value(self, x=None):
        if x is not None:
            print("set", x)
        elif len(self.levels) > 1:
            return self.levels.pop(0)
        else:
            return self.levels[0]


s = Signal(Blink([1, 0, 0]), invert=True)
print(s.value(), s.value())
s.on()
s.value(0)
print(machine.time_pulse_us(Blink([0, 0, 1, 1, 1, 0]), 1) >= 2)
print(machine.time_pulse_us(Blink([0]), 1, 50), machine.time_pulse_us(Blink([1]), 1, 50))
print(machine.time_pulse_us(Pin(4), 0, 50))

# A pulse that another timer ends.
p = Pin(4, Pin.OUT, value=1)
Timer(2, mode=Timer.ONE_SHOT, period=3, callback=lambda t: p(0))
print(1000 < machine.time_pulse_us(p, 1) < 1000000)

# The real-time clock, and the bytes beside it.
rtc = RTC()
rtc.datetime((2024, 2, 29, 0, 23, 59, 58, 0))
print(rtc.datetime()[:7], time.localtime()[:6])
rtc.init((2031, 12, 5, 7, 8, 9, 0, 0))
print(rtc.datetime()[:7])
rtc.memory(b"kept\0bytes")
print(rtc.memory())
for bad in (lambda: rtc.memory(bytes(2049)), lambda: rtc.datetime((1, 2)), lambda: RTC(1)):
    try:
        bad()
    except ValueError as e:
        print(e)


# A subclass of what can be called can be called.
class Lamp(Signal):
    pass


lamp = Lamp(4, Pin.OUT, value=1)
print(lamp(), lamp(0), lamp())
