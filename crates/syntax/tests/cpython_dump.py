"""Prints the trees of files as CPython's ast sees them, in the form of the dump module.

A file that uses what Snakeye leaves out or does as MicroPython does is skipped, with the reason.
"""
import ast
import re
import struct
import sys

IN_FSTRING = 0


def quoted(prefix, data):
    text = "".join(
        chr(b) if 32 <= b < 127 and b not in b'"\\' else "\\x%02x" % b for b in data
    )
    return prefix + '"' + text + '"'


def constant(value):
    if isinstance(value, str):
        return quoted("", value.encode("utf-8", "surrogatepass"))
    if isinstance(value, bytes):
        return quoted("b", value)
    if value is Ellipsis:
        return "Ellipsis"
    if isinstance(value, float):
        return "float:" + struct.pack(">d", value).hex()
    if isinstance(value, complex):
        return "imag:" + struct.pack(">d", value.imag).hex()
    return str(value)


def dump(x):
    global IN_FSTRING
    if x is None:
        return "_"
    if isinstance(x, list):
        return "[" + " ".join(dump(i) for i in x) + "]"
    if isinstance(x, (str, int)):
        return str(x)
    kind = type(x).__name__
    if isinstance(x, (ast.operator, ast.unaryop, ast.boolop, ast.cmpop)):
        return kind
    if isinstance(x, ast.JoinedStr):
        IN_FSTRING += 1
    head = kind
    if hasattr(x, "lineno"):
        # Before 3.12 CPython does not know where the parts of f-strings are.
        if IN_FSTRING:
            head += "@?"
        else:
            head += "@%d:%d" % (x.lineno, x.col_offset + 1)
    if isinstance(x, ast.Constant):
        return "(%s %s)" % (head, constant(x.value))
    fields = [
        getattr(x, f)
        for f in x._fields
        if f not in ("ctx", "type_comment", "type_params", "kind", "type_ignores")
    ]
    if isinstance(x, ast.AnnAssign):
        fields[-1] = str(fields[-1])
    if isinstance(x, ast.ImportFrom):
        fields[2] = str(fields[2] or 0)
    if isinstance(x, ast.comprehension):
        fields[3] = str(fields[3])
    result = "(" + " ".join([head] + [dump(f) for f in fields]) + ")"
    if isinstance(x, ast.JoinedStr):
        IN_FSTRING -= 1
    return result


def difference(source, tree):
    """What in a file is meant to differ from CPython."""
    if b"\\N{" in source:
        return "unicode name escapes"
    for x in ast.walk(tree):
        kind = type(x).__name__
        if kind in ("Match", "TryStar", "TypeAlias", "TemplateStr"):
            return kind
        if isinstance(x, ast.Name):
            if x.id == "__debug__":
                return "__debug__"
            if not x.id.isascii():
                return "identifiers are not normalised"
        if isinstance(x, ast.Constant) and isinstance(x.value, str):
            try:
                x.value.encode()
            except UnicodeEncodeError:
                return "surrogates"
        if isinstance(x, ast.JoinedStr) and re.search(rb"=\s*}", source):
            before = None
            for v in x.values:
                # {x=} shows str(x) here, repr(x) in CPython.
                if isinstance(v, ast.FormattedValue) and v.conversion == 114:
                    if isinstance(before, ast.Constant) and before.value.rstrip().endswith("="):
                        return "debug f-string"
                before = v
    return None


sys.setrecursionlimit(5000)
for file in sys.argv[1:]:
    print("===", file)
    try:
        with open(file, "rb") as f:
            source = f.read()
        tree = ast.parse(source)
        reason = difference(source, tree)
        if reason:
            text = "skip %s\n" % reason
        else:
            text = "".join(dump(s) + "\n" for s in tree.body)
    except (SyntaxError, ValueError, RecursionError) as e:
        text = "skip error %s\n" % e
    print(text)
