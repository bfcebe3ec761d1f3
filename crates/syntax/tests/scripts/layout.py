if a:
	b
	if c:
	    d
# comment
  # another

	x = """one
two
"""
	else_ = 1 + \
  2
def f():
        	mixed
	        mixed

y
class A:
  pass # comment
\

z
if 1:
  x
  \
  y
\
  y
  \

  # c
  z
last # no line end