# What __import__ checks, and names for built-in modules.
import sys

for args in ((1,), ("",), ("xyz", None, None, None, -1), ("builtins", "no dict", None, None, 1)):
    try:
        __import__(*args)
        print("imported")
    except (TypeError, ValueError) as e:
        print(type(e).__name__)
# Only a relative import looks at the globals.
print(__import__("builtins", "no dict") is __import__("builtins"))


# from M import * with what M says itself.
class Fake:
    def __init__(self, names):
        self.__all__ = names
        self.there = 1


for names in (["there"], ["missing"], 42, [42]):
    sys.modules["fake"] = Fake(names)
    space = {}
    try:
        exec("from fake import *", space)
        print(space["there"])
    except (AttributeError, TypeError) as e:
        print(type(e).__name__)

# A path that was replaced is what counts: with none, only built-in modules are found.
kept = sys.path
sys.path = ()
import struct

print(struct.calcsize("<I"))
sys.path = kept

# A backslash at the end joins nothing.
compile("\\\n", "a", "exec")
for mode in ("single", "eval"):
    try:
        compile("\\\n", "a", mode)
    except SyntaxError:
        print("SyntaxError")
try:
    compile("x = = 1", "some.py", "exec")
except SyntaxError as e:
    import io

    out = io.StringIO()
    sys.print_exception(e, out)
    lines = out.getvalue().split("\n")
    print([l for l in lines if "some.py" in l])
