# micropython.schedule: functions that run between two steps of the main program
import micropython

order = []


def first(arg):
    order.append(("first", arg))
    # Scheduled from inside, it comes when this one is over.
    micropython.schedule(second, arg + 1)
    for i in range(5000):
        pass
    order.append("first is over")


def second(arg):
    order.append(("second", arg))


micropython.schedule(first, 1)
while len(order) < 3:
    pass
print(order)


# What goes wrong in one is shown, and the program goes on.
exec("""def loud(arg):
    global called
    called = arg
    raise SystemExit
""")


called = None
try:
    micropython.schedule(loud, 5)
    while called is None:
        pass
    print("called with", called)
except SystemExit:
    print("not raised here")


# The queue is short.
def fill(arg):
    global full
    n = 0
    try:
        while n < 1000:
            micropython.schedule(len, "")
            n += 1
    except RuntimeError as e:
        full = 1 < n < 1000 and e.args[0]


full = None
micropython.schedule(fill, 0)
while full is None:
    pass
print(full)

# Scheduling kbd_intr is pressing Ctrl-C.
try:
    micropython.schedule(micropython.kbd_intr, None)
    micropython.schedule(micropython.kbd_intr, None)
    for i in range(100000):
        pass
    print("no interrupt")
except KeyboardInterrupt as e:
    print("interrupt", e.args)
for i in range(10000):
    pass
print("only one")


def later(arg):
    global still
    micropython.schedule(micropython.kbd_intr, None)
    for i in range(10000):
        pass
    still = True


still = False
try:
    micropython.schedule(later, 0)
    for i in range(100000):
        pass
    print("no interrupt")
except KeyboardInterrupt:
    print("the function ended first:", still)
