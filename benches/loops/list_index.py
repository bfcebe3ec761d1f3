def loop(n):
    items = [0] * 100
    for i in range(n):
        k = i % 100
        items[k] = items[k] + i
    return items


loop(1000000)
