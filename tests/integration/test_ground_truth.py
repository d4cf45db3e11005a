"""The smaller form of the proof: exactly known traffic, counted four ways, figure by figure."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.integration, pytest.mark.alone]

TOOL = Path(__file__).parents[2] / "tools" / "ground_truth.py"


def prove(*arguments):
    done = subprocess.run(
        [sys.executable, TOOL, *arguments], capture_output=True, text=True, check=False, timeout=300
    )
    found = re.search(r"^(\d+) cases, ([\d,]+) figures compared, (\d+) differ$", done.stdout, re.MULTILINE)
    assert found, done.stdout + done.stderr
    return done, int(found[1]), int(found[2].replace(",", "")), int(found[3])


def test_truth_counters_ring_and_dpkt_agree_and_an_overflow_is_owned_to():
    done, cases, figures, differing = prove("--quick")
    assert differing == 0, done.stdout
    assert cases > 40
    assert figures > 1000
    assert "0 lost, 0 late phase edges: exact" in done.stdout
    assert re.search(r"captured \+ [\d,]*[1-9][\d,]* lost - the capture calls itself inexact", done.stdout)
    assert done.returncode == 0


def test_a_case_alone_shows_its_figures():
    done, cases, _figures, differing = prove("--quick", "--only", "tcp over ipv4, segments sent again")
    assert (cases, differing, done.returncode) == (1, 0, 0)
    assert re.search(r"sent again +\d+ +- +\d+ +\d+ +0$", done.stdout, re.MULTILINE)
