# Methods that str, bytes and bytearray share, by character and by byte.
s = "a,b,,c"
print(s.split(","), s.split(",", 1), s.rsplit(",", 1), " x  y ".split(), " x  y z ".split(None, 1))
print(s.partition(","), s.rpartition(","), s.partition(";"), s.rpartition(";"))
print("-".join(["1", "2", "3"]), b"-".join([b"1", bytearray(b"2")]), "".join(c for c in "abc"))
print("héllo".find("l"), "héllo".rfind("l"), "héllo".index("o"), "héllo".count("l"), "abc".find("c", 0, 2), "aaa".count("aa"))
print("banana".replace("an", "<>"), "banana".replace("an", "<>", 1), "ab".replace("", "-"), "ab".replace("", "-", 2))
print("  x ".strip(), "xxhixx".strip("x"), "éaé".strip("é"), "xxhi".lstrip("x"), "hixx".rstrip("x"))
print("abc".startswith(("x", "ab")), "abc".endswith("bc", 1), "abc".startswith("bc", 1), b"abc".endswith(b"c"))
print("AbC".lower(), "AbC".upper(), "abc".isalpha(), "12".isdigit(), " \t".isspace(), "AB1".isupper(), "".islower())
print("a\nb\r\nc\rd".splitlines(), "a\nb".splitlines(True), "x".center(4), "é".center(3) + "|")
print("日本語"[1], "日本語"[-1], "日本語"[1:], "日本語"[::-1], "abcdef"[4:1:-2], "abcdef"[::2], len("日本語"))
print("ab" * 3, 2 * b"ab", "a" + "b", "abc" < "abd", "é" > "z", b"a" == bytearray(b"a"), "a" == b"a")
print([c for c in "aé€"], list(b"ab"), "b" in "abc", b"b" in b"abc", 98 in b"abc", "" in "")
print(hash("ab") == hash("a" + "b"), hash(b"ab") == hash(b"a" + b"b"), {b"k": 1}[b"k"])
print(b"\xe9\xff".hex(), b"\x01\x02".hex(":"), bytes.fromhex("01 fF"), bytearray.fromhex("00"))
print(str(b"h\xc3\xa9", "utf-8"), b"a\xffb".decode("utf-8", "ignore"), b"a\xffb".decode("ascii", "replace"), "é".encode())
print(repr("it's"), repr('"'), repr("it's \"x\""), repr("\x00\n\t\\é\x7f"), repr(b"\x00'\xff"))
for f in (
    lambda: "a".index("b"), lambda: "a".split(""), lambda: "a" + 1, lambda: "a" + b"b", lambda: "abc"[5],
    lambda: "abc"["a"], lambda: b"\xff".decode(), lambda: "é".encode("ascii"), lambda: "a".join([1]), lambda: 1 in "a",
    lambda: bytes([256]), lambda: bytes(-1), lambda: "a" < 1, lambda: b"a".decode("latin-9"), lambda: bytes("a"),
    lambda: "x" * (1 << 62), lambda: bytes.fromhex("0g"),
):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__)
class Text(str):
    def shout(self):
        return self.upper() + "!"
t = Text("hey")
print(t.shout(), t == "hey", "x" + t, t[1:], len(t), "".join([t, "."]), "%s|%5s" % (t, t), {"hey": 1}[t])
