"""Names that stand in reports, results, metadata and trial commands, as Syne Tune calls them.

For programs that read or write these; a test sees to it that the engine uses the same.
"""

from __future__ import annotations

from pathlib import Path

from syne_core.paths import ROOT_VARIABLE as SYNE_TUNE_ENV_FOLDER
from syne_core.paths import ExperimentPaths
from syne_core.report import REPORT_TAG as _REPORT_TAG

__all__ = [
    "ST_CHECKPOINT_DIR",
    "ST_CONFIG_JSON_FNAME_ARG",
    "ST_DATETIME_FORMAT",
    "ST_DECISION",
    "ST_METADATA_FILENAME",
    "ST_RESULTS_DATAFRAME_FILENAME",
    "ST_SAGEMAKER_METRIC_TAG",
    "ST_STATUS",
    "ST_TRIAL_ID",
    "ST_TUNER_CREATION_TIMESTAMP",
    "ST_TUNER_START_TIMESTAMP",
    "ST_TUNER_TIME",
    "ST_WORKER_COST",
    "ST_WORKER_ITER",
    "ST_WORKER_TIME",
    "ST_WORKER_TIMESTAMP",
    "SYNE_TUNE_DEFAULT_FOLDER",
    "SYNE_TUNE_ENV_FOLDER",
    "TUNER_DEFAULT_SLEEP_TIME",
]

#: Folder of all experiments below the home folder, where ``$SYNETUNE_FOLDER`` is not set.
SYNE_TUNE_DEFAULT_FOLDER = "syne-tune"

# What ``Reporter`` adds to each report.
#: Number of the report within the run, from 0.
ST_WORKER_ITER = "st_worker_iter"
#: When it was made, in seconds since 1970.
ST_WORKER_TIMESTAMP = "st_worker_timestamp"
#: Seconds since the reporter was made.
ST_WORKER_TIME = "st_worker_time"
#: Cost of the run so far, where the price is known.
ST_WORKER_COST = "st_worker_cost"
#: Marks the lines of a log that are reports.
ST_SAGEMAKER_METRIC_TAG = _REPORT_TAG.strip(" :[]")

# What the tuner adds, in the results table.
ST_TRIAL_ID = "trial_id"
#: CONTINUE, PAUSE or STOP.
ST_DECISION = "st_decision"
#: State of the trial when the report came.
ST_STATUS = "st_status"
#: Seconds since the start of the experiment.
ST_TUNER_TIME = "st_tuner_time"

# In the metadata; seconds since 1970.
ST_TUNER_CREATION_TIMESTAMP = "st_tuner_creation_timestamp"
ST_TUNER_START_TIMESTAMP = "st_tuner_start_timestamp"

# Arguments of training scripts.
ST_CHECKPOINT_DIR = "st_checkpoint_dir"
ST_CONFIG_JSON_FNAME_ARG = "st_config_json_filename"

ST_RESULTS_DATAFRAME_FILENAME = ExperimentPaths(Path()).results.name
ST_METADATA_FILENAME = ExperimentPaths(Path()).metadata.name

#: Of date and time in names of experiments.
ST_DATETIME_FORMAT = "%Y-%m-%d-%H-%M-%S"
#: Seconds; default of ``Tuner``.
TUNER_DEFAULT_SLEEP_TIME = 5.0
