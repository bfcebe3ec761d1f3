# json, re, io, binascii, hashlib.
import json, re, io, binascii, hashlib
o = {"a": [1, 2.5, None, True], "b": {"c": "x\"\n\u00e9"}, "d": (), "e": -(10**20)}
t = json.dumps(o)
print(t, json.loads(t) == {"a": [1, 2.5, None, True], "b": {"c": "x\"\né"}, "d": [], "e": -(10**20)})
print(json.dumps([1, {"a": 2}], separators=(",", ":")), json.dumps({1: 2, None: 3}), json.loads('"\\u00e9\\ud83d\\ude00\\n"'))
f = io.StringIO()
json.dump({"k": [1]}, f)
f.seek(0)
print(json.load(f), json.loads(b"[1]"))
deep = json.loads("[" * 900 + "]" * 900)
for i in range(899):
    deep = deep[0]
print(deep)
loop = []
loop.append(loop)
for f in (lambda: json.loads("[1"), lambda: json.loads("nul"), lambda: json.loads(""), lambda: json.loads("1 2"), lambda: json.dumps(loop)):
    try:
        print(f())
    except (ValueError, RuntimeError) as e:
        print(type(e).__name__)

m = re.match(r"(\w+)\s*=\s*(\d+)?", "key = 12;")
print(m.group(0), m.group(1), m.groups(), m.span(2), m.start(1), m.end())
print(re.search("b+", "aabbb").group(0), re.search("x", "abc"), re.match(".*?c", "abcabc").group(0), re.search("é.", "caféx").span())
print(re.compile("[,;]").split("a,b;c"), re.compile(" ").split("a b c", 1), re.sub(r"(\d)(\d)", r"\2\g<1>-", "12 34"))
print(re.sub("a", lambda m: m.group(0).upper(), "banana"), re.sub("a", "o", "banana", 2), re.sub(b"a", b"\\\\", b"bab"))
print(re.match("(a|b)*", "abab").group(1), re.match("(a)|(b)", "b").groups(), re.search("^b", "ab"), re.search("b$", "ab").start())
print(re.match("(a|aa)+b", "a" * 3000), len(re.match(".*", "x" * 20000).group(0)))
for p in ("(", ")", "*", "[", "a**", "(" * 50):
    try:
        re.compile(p)
        print("ok")
    except (ValueError, RuntimeError) as e:
        print(type(e).__name__)

f = io.StringIO("one\ntwo\nthr\u00e9e")
print(f.read(1), f.readline(), [l for l in f], f.read(), f.tell())
f.seek(4)
f.write("TWO")
print(repr(f.getvalue()))
with io.BytesIO(b"abc") as g:
    g.seek(0, 2)
    g.write(b"def")
    g.seek(5)
    g.write(b"XYZ")
    buf = bytearray(4)
    g.seek(1)
    print(g.readinto(buf), buf, g.read(2), g.getvalue(), g.seek(-2, 1))
try:
    g.read()
except ValueError:
    print("closed")
print("x", 1, sep="-", end="!", file=f)
print(f.getvalue()[:7])
class Out(io.IOBase):
    def write(self, data):
        parts.append(str(data))
        return len(data)
parts = []
print("a", 2, file=Out())
print("".join(parts) == "a 2\n")

print(binascii.hexlify(b"\x01\xab"), binascii.unhexlify("01AB"), binascii.b2a_base64(b"hello"), binascii.a2b_base64("aGVsbG8="), binascii.crc32(b"hello"))
h = hashlib.sha256(b"abc")
h.update(b"def")
print(binascii.hexlify(h.digest()))
print(binascii.hexlify(hashlib.sha1(b"abc").digest()), binascii.hexlify(hashlib.md5(b"abc").digest()))
