# Ways through guarded code: each finally block is entered in several ways.


class Manager:
    def __init__(self, name, swallow=False):
        self.name = name
        self.swallow = swallow

    def __enter__(self):
        print("enter", self.name)
        return self.name

    def __exit__(self, kind, value, trace):
        print("exit", self.name, kind.__name__ if kind else kind, value)
        return self.swallow

    async def __aenter__(self):
        return self.__enter__()

    async def __aexit__(self, kind, value, trace):
        return self.__exit__(kind, value, trace)


def leave(how):
    for i in range(3):
        try:
            print("try", how, i)
            if how == "continue":
                continue
            if how == "break":
                break
            if how == "return":
                return how, i
            if how == "raise":
                raise ValueError(i)
        finally:
            print("finally", i)
            if i and how == "raise":
                print("never")
    else:
        print("else")
    return "end"


for how in ("fall", "continue", "break", "return"):
    print(leave(how))
try:
    leave("raise")
except ValueError as e:
    print(e)
try:
    e
except NameError:
    print("e is gone")


def nested(how):
    while True:
        try:
            try:
                with Manager("outer"):
                    with Manager("inner", how == "swallow") as name:
                        for letter in name:
                            if how == "break":
                                break
                            if how == "return":
                                return letter
                            if how in ("raise", "swallow"):
                                raise KeyError(letter)
                    print("after inner")
            finally:
                print("inner finally")
        except KeyError as e:
            print("caught", e)
            try:
                return "from handler"
            finally:
                print("handler finally")
        finally:
            print("outer finally")
        return "end"


for how in ("fall", "break", "return", "raise", "swallow"):
    print(how, nested(how))


def override():
    try:
        return 1
    finally:
        return 2


def cancel():
    for i in range(2):
        try:
            raise TypeError
        finally:
            continue
    return "cancelled"


def again():
    try:
        try:
            [][1]
        except LookupError:
            try:
                raise
            finally:
                print("on the way")
    except IndexError as e:
        return type(e)


def alone():
    raise


def other():
    try:
        raise OSError(5)
    except (TypeError, ValueError):
        print("not this")
    except OSError as e:
        return e.args[0]
    else:
        print("nor this")


print(override(), cancel(), again(), other())
try:
    alone()
except RuntimeError as e:
    print(e)


def produce(n):
    try:
        for i in range(n):
            got = yield i
            if got:
                print("got", got)
    finally:
        print("produce ends")
    return "result"


def delegate():
    r = yield from produce(2)
    print(r)
    yield from ()


g = delegate()
print(next(g), g.send("hello"), list(g))
g = delegate()
next(g)
try:
    g.throw(ValueError("thrown"))
except ValueError as e:
    print(e)
g = delegate()
next(g)
g.close()


class Steps:
    def __init__(self, n):
        self.n = n

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self.n == 0:
            raise StopAsyncIteration
        self.n -= 1
        return self.n


async def walk(how):
    async with Manager("async " + how, how == "swallow"):
        async for n in Steps(2):
            print("step", n)
            if how == "return":
                return n
            if how == "break":
                break
            if how == "raise" or how == "swallow":
                raise ValueError(how)
        else:
            print("all steps")
    return "walked"


def drive(c):
    try:
        while True:
            c.send(None)
    except StopIteration as e:
        return e.value


for how in ("fall", "break", "return", "swallow"):
    print(drive(walk(how)))
try:
    drive(walk("raise"))
except ValueError as e:
    print("raised", e)


def chained(a, b, c):
    return a < b < c, a is not None and b not in (1, 2), not (a or b)


print(chained(1, 2, 3), chained(0, 0, 1), chained(3, 2, 1))


def unbound(flag):
    if flag:
        x = 1
    return x


print(unbound(True))
try:
    unbound(False)
except NameError:
    print("unbound")
