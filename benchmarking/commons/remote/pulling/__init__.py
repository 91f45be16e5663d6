"""Results of a remote study, brought here: what goes where, what is here already."""
