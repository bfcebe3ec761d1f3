def loop(n):
    d = {}
    for i in range(n):
        k = i % 500
        d[k] = d.get(k, 0) + i
    return d


loop(1000000)
