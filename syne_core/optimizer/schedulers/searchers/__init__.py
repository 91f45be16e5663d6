"""Searchers: what proposes configurations."""

from syne_core.optimizer.schedulers.searchers.grid_searcher import GridSearcher
from syne_core.optimizer.schedulers.searchers.initial_points import impute_points_to_evaluate
from syne_core.optimizer.schedulers.searchers.random_searcher import RandomSearcher
from syne_core.optimizer.schedulers.searchers.searcher import BaseSearcher
from syne_core.optimizer.schedulers.searchers.searcher_factory import searcher_factory

__all__ = ["BaseSearcher", "GridSearcher", "RandomSearcher", "impute_points_to_evaluate", "searcher_factory"]
