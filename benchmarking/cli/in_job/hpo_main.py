"""``synebench run`` as a script: what the jobs of ``synebench launch`` run."""

from benchmarking.cli.run import run_words
from benchmarking.commons.command_line import run_command

if __name__ == "__main__":
    run_command(run_words)
