"""Checkpoints from which training goes on exactly: model, optimiser, loss scaler, last metrics.

The file is replaced atomically, so the script may be killed at any time and finds the last complete
checkpoint. It holds tensors and numbers only and is read as such: opening it runs no code from it.
"""

import os
import sys

import torch

FILE = "checkpoint.pt"


def save_checkpoint(folder, parts, metrics):
    """Replace the checkpoint in ``folder``, which is made if missing.

    :param parts: by name, objects with ``state_dict`` and ``load_state_dict``
    :param metrics: numbers by name; ``load_checkpoint`` returns them
    """
    state = {name: part.state_dict() for name, part in parts.items()}
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"{FILE}.part"
    torch.save({"parts": state, "metrics": metrics}, unfinished)
    os.replace(unfinished, folder / FILE)


def load_checkpoint(folder, parts, device):
    """Put the saved states into ``parts``.

    :return: the metrics saved with them, or None if there is no checkpoint or (with a message on
        stderr) none that can be read; ``parts`` may then be half-filled: make new ones
    """
    path = folder / FILE
    try:
        saved = torch.load(path, map_location=device, weights_only=True)
        for name, part in parts.items():
            part.load_state_dict(saved["parts"][name])
        metrics = dict(saved["metrics"])
        if not {"epoch", "elapsed_time"} <= metrics.keys():
            raise ValueError("it does not say which epoch it was saved after")
    except FileNotFoundError:
        return None
    except Exception as error:  # a damaged file can fail in any way
        print(f"{path} cannot be used, starting over: {error}", file=sys.stderr)
        return None
    return metrics
