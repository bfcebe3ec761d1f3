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
  pass # no line end