"""As ``sagemaker_trial.py``, printing the report line itself: no library is imported."""

import argparse
import json
import time

parser = argparse.ArgumentParser()
parser.add_argument("--seconds", type=float, required=True)
parser.add_argument("--reports", type=int, required=True)
parser.add_argument("-x", "--x", type=float, required=True)
given, _ = parser.parse_known_args()
start = time.monotonic()
for epoch in range(1, given.reports + 1):
    time.sleep(max(0.0, start + given.seconds * epoch / given.reports - time.monotonic()))
    line = {
        "epoch": epoch,
        "loss": given.x,
        "st_worker_timestamp": time.time(),
        "st_worker_time": time.monotonic() - start,
        "st_worker_iter": epoch - 1,
    }
    print(f"[tune-metric]: {json.dumps(line)}", flush=True)
