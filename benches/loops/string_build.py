def loop(n):
    size = 0
    for i in range(n):
        size += len(str(i) + "abc")
    return size


loop(500000)
