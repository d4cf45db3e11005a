#!/usr/bin/env python3
"""What tcperf's pytest plug-in costs a test where nobody asks for it, beside a pytest without it, interleaved.

Both run the same many tests that do nothing.  The exit status is 1 where the median of the differences is more than
the aim, 1 ms a test.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from proofs.options import positive

AIM_MS: Final = 1.0
TEST: Final = "import pytest\n\n\n@pytest.mark.parametrize('number', range({tests}))\ndef test_nothing(number):\n    pass\n"
#: Without it, pytest does not even import it.
WITHOUT: Final = ("-p", "no:tcperf")


def seconds(folder: Path, options: Sequence[str]) -> float:
    """How long a run of all tests takes."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, str(folder)]
    begin = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def measure(tests: int, rounds: int) -> list[tuple[float, float]]:
    """Seconds without the plug-in and with it, of each round; who goes first changes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_nothing.py").write_text(TEST.format(tests=tests), "utf-8")
        pairs = []
        for number in range(rounds):
            kinds = [WITHOUT, ()] if number % 2 == 0 else [(), WITHOUT]
            times = {kind: seconds(folder, kind) for kind in kinds}
            pairs.append((times[WITHOUT], times[()]))
        return pairs


def main(argv: Sequence[str]) -> int:
    """Print the medians; 0 where the aim is reached."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tests", type=positive, default=1000, help="a run (default: %(default)s)")
    parser.add_argument("--rounds", type=positive, default=11, help="of each (default: %(default)s)")
    options = parser.parse_args(argv)
    pairs = measure(options.tests, options.rounds)
    without, beside = (statistics.median(times) for times in zip(*pairs, strict=True))
    each_ms = statistics.median(1000 * (after - before) / options.tests for before, after in pairs)
    print(f"{options.tests} tests: {without:.3f} s without the plug-in, {beside:.3f} s with it, off")
    print(f"{each_ms:.4f} ms a test; at most {AIM_MS:g} ms is the aim")
    return 0 if each_ms <= AIM_MS else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
