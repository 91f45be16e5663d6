"""From a plan to jobs: their command lines, bundles, and what each is told."""
