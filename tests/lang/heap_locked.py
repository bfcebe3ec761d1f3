# With the heap locked what needs memory raises MemoryError, and what MicroPython does without goes on.
import micropython


class Point:
    def __init__(self):
        self.x = 1

    def get(self):
        return self.x


def add(a, b=2, *, c=3):
    return a + b + c


def count(n):
    for i in range(n):
        yield i


def passing(it):
    yield from it


point = Point()
numbers = [3, 1, 2]
table = {"a": 1, 2: 3}
data = bytearray(10)
view = memoryview(data)
counter = passing(count(4))
word = "word"


def free(what, f):
    micropython.heap_lock()
    try:
        f()
        result = "free"
    except MemoryError:
        result = "MemoryError"
    micropython.heap_unlock()
    print(what, result)


def loop():
    n = 0
    for i in range(10):
        n += i
    while n > 0:
        n -= 5
    for i in (1, 2, 3):
        n += i


def store():
    point.x = 2
    numbers[0] = 4
    table["a"] = 5
    data[0] = 6
    data[1:3] = b"ab"
    view[3:5] = b"cd"


def wrong():
    try:
        nothing_of_that_name
    except NameError as e:
        print(type(e).__name__, e)
    try:
        raise 0
    except TypeError as e:
        print(type(e).__name__)
    try:
        numbers[9]
    except IndexError:
        print("IndexError")


free("arithmetic", lambda: 1 + 2 * 3 - 4 // 5 % 6 << 2)
free("call", lambda: add(1))
free("keywords", lambda: add(1, b=5, c=6))
free("method", lambda: point.get())
free("loops", loop)
free("stores", store)
free("compare", lambda: word == "word" and 1 < 2 and numbers is numbers)
free("print", lambda: print((1, "two", (b"three",))))
free("next", lambda: next(counter))
free("exceptions", wrong)
free("list", lambda: [1])
free("tuple", lambda: (numbers, 1))
free("dict", lambda: {1: 2})
free("str", lambda: word + "s")
free("object", Point)
free("closure", lambda: (lambda: numbers))
free("bytearray grows", lambda: data.extend(b"123"))
free("list grows", lambda: numbers.extend(range(50)))
free("generator", lambda: count(3))
free("compile", lambda: eval("[1]"))
print(len(data), data[:5])

# An exception made now has few arguments or none.
micropython.heap_lock()
e = Exception(1, 2)
micropython.heap_unlock()
print(e.args)

# Locks nest.
micropython.heap_lock()
micropython.heap_lock()
print(micropython.heap_locked(), micropython.heap_unlock(), micropython.heap_locked(), micropython.heap_unlock())
print(micropython.heap_locked())
