"""Gaussian-process regression and expected improvement, in NumPy and SciPy.

Inputs are points of the unit cube, targets are to be minimised. Nothing here knows of trials.
"""
