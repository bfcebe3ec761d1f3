def loop(n):
    total = 0
    for i in range(n):
        total += i
    return total


loop(5000000)
