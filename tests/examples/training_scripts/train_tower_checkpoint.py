"""As ``train_tower.py``, but it keeps a checkpoint and goes on from it; the loss depends on all steps."""

import json
import os
import time
from argparse import ArgumentParser
from pathlib import Path

from syne_core import Reporter
from syne_core.constants import ST_CHECKPOINT_DIR


def load_state(folder):
    path = Path(folder) / "state.json"
    return json.loads(path.read_text()) if path.exists() else {"epoch": 0, "value": 0.0}


def save_state(folder, state):
    draft = Path(folder) / "state.draft"
    draft.write_text(json.dumps(state))
    os.replace(draft, Path(folder) / "state.json")


if __name__ == "__main__":
    parser = ArgumentParser()
    parser.add_argument("--steps", type=int)
    parser.add_argument("--width", type=float)
    parser.add_argument("--tilt", type=float)
    parser.add_argument(f"--{ST_CHECKPOINT_DIR}", type=str)
    args, _ = parser.parse_known_args()
    checkpoint_dir = getattr(args, ST_CHECKPOINT_DIR)

    report = Reporter()
    state = load_state(checkpoint_dir)
    started_from = state["epoch"]
    for epoch in range(started_from + 1, args.steps + 1):
        state = {"epoch": epoch, "value": state["value"] + 100 / (10 + args.width * epoch) + 0.1 * args.tilt}
        save_state(checkpoint_dir, state)
        time.sleep(0.02)
        report(epoch=epoch, mean_loss=state["value"] / epoch, started_from=started_from)
