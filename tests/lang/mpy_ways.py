# needs: files
# A module that MicroPython's mpy-cross compiled (source: mpy/source/ways.py).
import sys

sys.path.append(sys.path[0] + "/mpy")
import ways
