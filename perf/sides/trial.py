"""A trial that does nothing but report; its arguments are those of either library's local back-end.

``--library`` (whose Reporter to use), ``--reports`` (how many), ``--interval`` (seconds from one to
the next, about), ``--x`` (a number in [0, 1], reported as the loss), ``--start`` (seconds since 1970:
no report before then).
"""

import sys
import time
from importlib import import_module

# Not argparse: its import takes longer than all that this script is to do.
given = dict(zip(sys.argv[1::2], sys.argv[2::2], strict=True))
interval, x = float(given["--interval"]), float(given["--x"])
report = import_module(given["--library"]).Reporter()
if "--start" in given:
    # Trials that start together do not report together.
    time.sleep(max(0.0, float(given["--start"]) + 0.05 * x - time.time()))
for epoch in range(1, int(given["--reports"]) + 1):
    report(epoch=epoch, loss=x)
    if interval:
        time.sleep(interval)
