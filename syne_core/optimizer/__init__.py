"""Methods. Pure: no clock, no files, no global random state."""
