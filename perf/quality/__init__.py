"""Are our model-based methods as good as others'? ``python -m perf.quality``; the rules are in PROTOCOL.md.

``space``, ``problems``, ``curves`` and ``loop`` need NumPy only: they also run in the peers' environments.
"""
