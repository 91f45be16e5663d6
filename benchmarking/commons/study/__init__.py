"""A study: the experiments that share an ``experiment_tag``."""
