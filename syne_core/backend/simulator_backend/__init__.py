"""Where Syne Tune has its simulator; ours is in ``syne_core.backend.simulator``."""
