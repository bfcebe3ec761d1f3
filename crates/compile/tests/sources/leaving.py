# Every way to leave try, with and loops.
log = []


class Manager:
    def __init__(self, name, swallow=False):
        self.name = name
        self.swallow = swallow

    def __enter__(self):
        log.append("enter " + self.name)
        return self.name

    def __exit__(self, typ, exc, tb):
        log.append("exit %s %s" % (self.name, typ and typ.__name__))
        return self.swallow


def leave(how, guard):
    for i in range(3):
        try:
            if guard == "with":
                with Manager("a") as a, Manager("b"):
                    if how == "return":
                        return a, i
                    if how == "break":
                        break
                    if how == "continue":
                        continue
                    if how == "raise":
                        raise ValueError(i)
            elif guard == "finally":
                try:
                    if how == "return":
                        return "finally", i
                    if how == "break":
                        break
                    if how == "continue":
                        continue
                    if how == "raise":
                        raise ValueError(i)
                finally:
                    log.append("inner %d" % i)
        finally:
            log.append("outer %d" % i)
    else:
        return "else"
    return "after"


for how in ("return", "break", "continue", "raise", "fall"):
    for guard in ("with", "finally"):
        log.clear()
        try:
            result = leave(how, guard)
        except ValueError as e:
            result = repr(e)
        print(how, guard, result, log)


def swallow():
    with Manager("s", True):
        raise KeyError
    with Manager("t", True) as t:
        return t


log.clear()
print(swallow(), log)


def overriding():
    while True:
        try:
            return "lost"
        finally:
            break
    try:
        raise KeyError
    finally:
        return "kept"


print(overriding())


def reraise(n):
    try:
        try:
            raise IndexError(n)
        except (KeyError, IndexError) as e:
            log.append("caught")
            if n:
                raise
            raise TypeError from e
        else:
            log.append("no")
        finally:
            log.append("finally")
    except IndexError:
        return "index"
    except Exception as e:
        return type(e).__name__


log.clear()
print(reraise(1), reraise(0), log)

try:
    raise
except RuntimeError as e:
    print("nothing to raise")


def in_finally():
    try:
        try:
            raise ValueError
        finally:
            raise
    except ValueError:
        return "same"


print(in_finally())


def generator():
    try:
        with Manager("g"):
            got = yield 1
            log.append(got)
            try:
                yield 2
            except KeyError:
                yield "thrown"
            yield from (i for i in range(2))
    finally:
        log.append("closed")
    return "done"


log.clear()
g = generator()
print(next(g), g.send("sent"), g.throw(KeyError()), next(g), log)
g.close()
print(log)


def delegating():
    r = yield from generator()
    yield r


log.clear()
print(list(delegating()))


def assigned_in_try():
    try:
        v = 1
    finally:
        w = 2
    return v + w


print(assigned_in_try())


def nested_loops():
    found = []
    for i in range(5):
        for j in range(5):
            if j > i:
                break
            if (i + j) % 2:
                continue
            found.append((i, j))
        else:
            found.append("full")
        while True:
            if i % 2:
                break
            i += 1
    return found


print(nested_loops())

while False:
    never
else:
    print("else of while False")

if __debug__:
    assert True, "message"
try:
    assert log == 0, "text"
except AssertionError as e:
    print(e.args)
