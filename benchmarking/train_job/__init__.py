"""One training script or notebook to one model: ``synebench fit`` and ``synebench fetch``."""
