"""From a training script to the files of a benchmark of one's own, without running the script."""

from benchmarking.commons.skeleton.files import Skeleton, make_skeleton, write_skeleton
from benchmarking.commons.skeleton.training_script import TrainingScript, read_script

__all__ = ["Skeleton", "TrainingScript", "make_skeleton", "read_script", "write_skeleton"]
