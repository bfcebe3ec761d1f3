def loop(n):
    x = 0.5
    for _ in range(n):
        x = (x * 1.7 + 0.3) / (x + 1.1) - 0.05 * x
    return x


loop(1000000)
