"""How studies stand, what an account pays for now, logs of jobs."""
