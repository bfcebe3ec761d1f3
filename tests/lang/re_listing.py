# The listing of a compiled expression: the addresses a MicroPython board would use.
import re

re.compile(r"^(ab|[^c-e\d]*?)+x??\W.$", re.DEBUG)
re.compile("(a*)*|b+", re.DEBUG)
print(re.compile(r"\w+").match("ab1 c").group(0), re.compile(r"[\W]").search("ab! c").group(0))
