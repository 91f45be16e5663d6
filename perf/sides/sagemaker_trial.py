"""A trial that takes ``--seconds`` and reports ``--reports`` times, evenly."""

import argparse
import time

from syne_core import Reporter

parser = argparse.ArgumentParser()
parser.add_argument("--seconds", type=float, required=True)
parser.add_argument("--reports", type=int, required=True)
parser.add_argument("--x", type=float, required=True)
parser.add_argument("--st_checkpoint_dir")
given = parser.parse_args()
report, start = Reporter(), time.monotonic()
for epoch in range(1, given.reports + 1):
    time.sleep(max(0.0, start + given.seconds * epoch / given.reports - time.monotonic()))
    report(epoch=epoch, loss=given.x)
