"""What the functions have in common.

Importing it is the first thing that a function does. What the framework has made by then lives as long as the process:
out of the garbage collector's sight, it is not looked through again and again while the rest is imported.
"""

import gc

gc.freeze()
