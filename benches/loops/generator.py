def count(n):
    for i in range(n):
        yield i


def loop(n):
    total = 0
    for i in count(n):
        total += i
    return total


loop(1500000)
