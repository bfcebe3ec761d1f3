# Registers of the chip through machine.mem32, mem16 and mem8.
import machine
from machine import Pin, mem8, mem16, mem32

GPIO = 0x3FF44000
OUT, OUT_SET, OUT_CLEAR, ENABLE, ENABLE_SET, IN = 0x04, 0x08, 0x0C, 0x20, 0x24, 0x3C
LED = 4

print(mem8, mem16, mem32)

# A pin that Python made an output is one in the registers, and the other way round.
led = Pin(LED, Pin.OUT, value=0)
print(mem32[GPIO + ENABLE] >> LED & 1, mem32[GPIO + OUT] >> LED & 1)
mem32[GPIO + OUT_SET] = 1 << LED
print(led.value(), mem32[GPIO + IN] >> LED & 1, mem32[GPIO + OUT] >> LED & 1)
mem32[GPIO + OUT_CLEAR] = 1 << LED
print(led.value())
mem32[GPIO + OUT] = mem32[GPIO + OUT] | 1 << LED
print(led.value(), mem8[GPIO + OUT] >> LED & 1, mem16[GPIO + OUT] >> LED & 1)
mem8[GPIO + OUT] = 0
print(led.value())
# GPIO4 reads as set through the byte that holds it only.
mem32[GPIO + OUT_SET] = 1 << LED
print(mem8[GPIO + OUT + 1], mem16[GPIO + OUT + 2])
# Writing an input register does nothing.
mem32[GPIO + IN] = 0
print(led.value())

# The random number generator.
words = [mem32[0x3FF75144] for _ in range(8)]
print(len(set(words)) > 1, all(0 <= w < 1 << 32 for w in words))


def fails(f):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, e)


def store(mem, address, value=0):
    mem[address] = value


fails(lambda: mem32[0x3FF44001])
fails(lambda: mem16[GPIO + 1])
fails(lambda: mem32[0x3FF00000])
fails(lambda: store(mem32, 0x3FF00000))
fails(lambda: mem32[0])
fails(lambda: store(mem8, 8))
