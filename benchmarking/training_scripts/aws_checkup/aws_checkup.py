"""What ``synebench doctor --aws`` runs in its jobs: reports, a checkpoint, and a wait to be told to stop.

Needs nothing but ``syne_core``. With ``--hold_after N``, a run that found no checkpoint waits after epoch N
for SIGTERM, says that it got it, and ends; the next run finds the checkpoint and goes on.
"""

import argparse
import signal
import sys
from pathlib import Path

from syne_core import Reporter

EXAMPLE = """example:
  python aws_checkup.py --epochs 3
"""
TOLD_TO_STOP = 128 + signal.SIGTERM


def parse_arguments(argv=None):
    """The command line. A misspelt or shortened flag is an error, never ignored."""
    parser = argparse.ArgumentParser(
        description="Report a few epochs; nothing is trained.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--epochs", type=int, default=3, help="reports")
    parser.add_argument("--hold_after", type=int, default=0, help="epoch after which to wait; 0: none")
    parser.add_argument("--hold_s", type=float, default=600.0, help="longest wait, seconds")
    parser.add_argument("--st_checkpoint_dir", type=Path, help="folder to resume from and save to")
    return parser.parse_args(argv)


def main(argv=None):
    """Report, save, wait."""
    args = parse_arguments(argv)
    folder = args.st_checkpoint_dir
    checkpoint = folder / "epoch.txt" if folder else None
    done = int(checkpoint.read_text()) if checkpoint and checkpoint.exists() else 0
    if args.hold_after:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    report = Reporter()
    for epoch in range(done + 1, args.epochs + 1):
        if checkpoint:
            folder.mkdir(parents=True, exist_ok=True)
            checkpoint.write_text(str(epoch))
        report(epoch=epoch, resumed_from=done, told_to_stop=0)
        if epoch == args.hold_after and not done:
            if signal.sigtimedwait({signal.SIGTERM}, args.hold_s) is None:
                sys.exit(f"no SIGTERM within {args.hold_s:g} s")
            report(epoch=epoch, resumed_from=done, told_to_stop=1)
            sys.exit(TOLD_TO_STOP)


if __name__ == "__main__":
    main()
