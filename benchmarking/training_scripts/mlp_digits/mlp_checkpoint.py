"""Checkpoints of an ``MLPClassifier`` that is trained by SGD, from which training goes on exactly.

One ``.npz`` file holds weights, biases, the optimiser's velocities and the metrics of the last epoch.
No random state is in it: the script draws each epoch's from its seed. The file is replaced
atomically, so the script may be killed at any time and finds the last complete checkpoint.
"""

import os
import sys
import zipfile

import numpy as np

FILE = "checkpoint.npz"


def save_checkpoint(folder, model, metrics):
    """Replace the checkpoint in ``folder`` (made if missing) by the state of ``model`` now.

    :param metrics: numbers by name; ``load_checkpoint`` returns them
    """
    arrays = {f"state_{i}": array for i, array in enumerate(_state(model))}
    arrays.update({f"metric_{name}": np.array(value) for name, value in metrics.items()})
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"{FILE}.part"
    with open(unfinished, "wb") as file:
        np.savez(file, **arrays)
    os.replace(unfinished, folder / FILE)


def load_checkpoint(folder, model):
    """Put the saved state into ``model``, which must have been trained on at least one batch.

    :return: the metrics saved with it; None, and ``model`` as it was, if there is no checkpoint or
        (with a message on stderr) none that can be read
    """
    try:
        with open(folder / FILE, "rb") as file, np.load(file) as arrays:
            saved = [arrays[f"state_{i}"] for i in range(len(_state(model)))]
            metrics = {name[7:]: arrays[name].item() for name in arrays.files if name.startswith("metric_")}
        _check(saved, _state(model), metrics)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        print(f"{folder / FILE} cannot be used, starting over: {error}", file=sys.stderr)
        return None
    for target, array in zip(_state(model), saved, strict=True):
        target[...] = array
    return metrics


def _state(model):
    """The arrays that training changes. Only scikit-learn's private optimiser knows the velocities."""
    return [*model.coefs_, *model.intercepts_, *model._optimizer.velocities]


def _check(saved, expected, metrics):
    if [a.shape for a in saved] != [a.shape for a in expected]:
        raise ValueError("it belongs to a network of another shape")
    if not {"epoch", "elapsed_time", "cpu_time"} <= metrics.keys():
        raise ValueError("it does not say which epoch it was saved after")
