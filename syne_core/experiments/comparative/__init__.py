"""Comparative figures with the names of Syne Tune's documentation.

``ComparativeResults`` compares setups over seeds, ``TrialsOfExperimentResults`` shows the trials of single
experiments; both are imported from ``syne_core.experiments``.
"""

__all__: list[str] = []
