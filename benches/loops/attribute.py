class Point:
    def __init__(self):
        self.x = 0
        self.y = 1


def loop(p, n):
    for _ in range(n):
        p.x = p.x + p.y


loop(Point(), 2000000)
