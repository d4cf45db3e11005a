"""tools/overhead.py asks its questions of real observers on real networks; what it measures in passing has no meaning."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.integration, pytest.mark.alone, pytest.mark.long]
TOOL = Path(__file__).parents[2] / "tools" / "overhead.py"


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    path = tmp_path_factory.mktemp("overhead") / "told.json"
    done = subprocess.run(
        [sys.executable, str(TOOL), "--quick", "--json", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr  # so short, any target may be missed
    return json.loads(path.read_text("utf-8")), done.stdout


def lines(told, question):
    return {line["observer"]: line for line in told[0]["lines"] if line["question"] == question}


def test_round_trips_beside_a_bare_pair(told):
    found = lines(told, "round trips")
    assert {"a bare pair", "nobody", "meter, capturing", "meter, sampling only"} <= set(found)
    assert 0 < found["a bare pair"]["value"] < 100_000
    setups = told[0]["blocks"]["round-trips"]
    assert all(setup["bare_us"] > 0 for observer in setups.values() for setup in observer)
    assert {len(observer) for observer in setups.values()} == {1}


def test_the_meter_takes_some_of_a_core_and_loses_nothing(told):
    assert 0 < lines(told, "load")["meter, capturing"]["value"] < 100
    assert lines(told, "flood")["meter, capturing"]["value"] == 0
    assert 0 < lines(told, "idle nodes")["meter, sampling only"]["value"] < 100


def test_every_line_is_printed(told):
    for line in told[0]["lines"]:
        assert f"{line['question']:<12}{line['observer']}" in told[1]
