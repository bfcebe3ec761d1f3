# needs: files
# A module that MicroPython's mpy-cross compiled (source: mpy/source/shapes.py), and what files can be wrong.
import sys

folder = sys.path[0] + "/mpy"
sys.path.append(folder)
import shapes

print(shapes.__file__.split("/")[-1], sys.implementation._mpy & 0xFF, sys.implementation._mpy >> 8 & 3)
try:
    shapes.edit(5)
except TypeError as e:
    import io

    out = io.StringIO()
    sys.print_exception(e, out)
    print(out.getvalue().split("\n")[-3].strip())
for name in ("empty", "short", "old", "native", "later"):
    try:
        __import__("bad_" + name)
    except ValueError as e:
        print(name, e)
