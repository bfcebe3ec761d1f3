class Counter:
    def __init__(self):
        self.n = 0

    def add(self, k):
        self.n += k


def loop(c, n):
    for i in range(n):
        c.add(i)


loop(Counter(), 1000000)
