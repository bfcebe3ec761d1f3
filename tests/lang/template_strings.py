# Template strings (PEP 750) and string.templatelib.
from string.templatelib import Interpolation, Template

name, width, pi = "World", 8, 3.5

t = t"Hello {name}!"
print(type(t) is Template, t.strings, t.values)
i = t.interpolations[0]
print(i.value, i.expression, i.conversion, repr(i.format_spec))
print(t)
print(repr(i))

# Conversion and format are kept, not applied.
i = t"{name!r:>{width}}".interpolations[0]
print(i.value, i.conversion, i.format_spec)
i = t"{name!s}".interpolations[0]
print(i.conversion, repr(i.format_spec))
print(t"{pi:.2f}".interpolations[0].format_spec)

# Self-describing fields.
t = t"{name = } {1 + 1=:x}"
print(t.strings, [x.conversion for x in t.interpolations], [x.expression for x in t.interpolations])

# Raw ones, braces, quotes inside.
print(rt"a\n{name}\t".strings, t"{{x}} {'}'}".strings, t"{'a' + "b"}".values)
print(t"{[x for x in range(3)]}{ {1: 2}[1] }".values)

# Parts in order; empty strings are left out.
print(list(t"{1}{2} and {3}"))
print([p if isinstance(p, str) else p.value for p in t"a{1}b"])
print(list(t""), t"".strings)

# Made by hand.
x = Interpolation(42, "answer", "r", ">5")
print(Template("a", "b", x, x, "c").strings)
print(Template().strings, Template(x).strings)
print(Interpolation(1), Interpolation(value=1, format_spec="d", conversion="s", expression="e"))
for wrong in (lambda: Template(1), lambda: Template("a", x=1), lambda: Interpolation()):
    try:
        wrong()
    except TypeError as e:
        print("TypeError", e)

# Joined.
both = t"a{1}b" + t"c{2}d"
print(both.strings, both.values)
for wrong in (lambda: t"a" + "b", lambda: "a" + t"b", lambda: t"a" * 2):
    try:
        wrong()
    except TypeError:
        print("TypeError")

# Nothing about them changes.
for attribute in ("strings", "interpolations"):
    try:
        setattr(both, attribute, ())
    except AttributeError:
        print("AttributeError")

# Many fields.
many = eval('t"' + "{name}-" * 100 + '"')
print(len(many.strings), len(many.values), many.strings[1], many.strings[-1])

# Wrong ones.
for text in ('t"{}"', 't"{ }"', 't"}"', 't"{x!z}"', 't"{x"', 't"a" "b"', 'bt"x"', 'ft"x"', 't"{x!}"'):
    try:
        eval(text)
        print("accepted", text)
    except SyntaxError:
        print("SyntaxError", text)

# What they are for.
def html(template):
    out = []
    for part in template:
        if isinstance(part, str):
            out.append(part)
        else:
            out.append(str(part.value).replace("&", "&amp;").replace("<", "&lt;"))
    return "".join(out)


evil = "<b>&"
print(html(t"<p>{evil}</p>"))
