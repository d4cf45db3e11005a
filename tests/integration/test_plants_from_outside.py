"""The gate proved from outside: a plant of the test's own, in a program that tcperf knows nothing of."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import tcperf
from tcperf import results
from tcperf.modules import module_environment

pytestmark = [pytest.mark.integration, pytest.mark.alone, pytest.mark.long]

#: As short as the scenario gets; 8 pairs can prove something, 7 that there is nothing.
SHORT = ("-p", "messages=2", "-p", "step=0.5", "--format", "console", "--gate", "exit")
#: The bundled node behind a script: what stands in ``plant`` is done to it before it starts.
SCRIPT = """#!{python}
import sys, time
sys.path.insert(0, {package!r})
from tcperf.nodes.reference import __main__ as program, messenger, postbox

{plant}
sys.exit(program.main())
"""
#: CPU at the beginning of each message, and longer envelopes, texts' and acknowledgements'.
PLANT = """
send, seal = messenger.Messenger.send, postbox.seal

def burning(self, chat_id, text):
    end = time.thread_time() + 0.06
    while time.thread_time() < end:
        sum(range(500))
    return send(self, chat_id, text)

messenger.Messenger.send = burning
postbox.seal = lambda payload, *keys: seal(payload + bytes(4000), *keys)
"""


def wrapped(path, plant=""):
    """A program that is the reference node, and more."""
    package = str(Path(tcperf.__file__).parents[1])
    path.write_text(SCRIPT.format(python=sys.executable, package=package, plant=plant), "utf-8")
    path.chmod(0o755)
    return path


def compare(folder, head, base, pairs):
    """A call of the program: its exit status and output, and what it found by metric."""
    call = [
        sys.executable,
        "-m",
        "tcperf",
        "run",
        "--node",
        head,
        "--base",
        base,
        "--pairs",
        str(pairs),
        *SHORT,
    ]
    done = subprocess.run(
        call, cwd=folder, env=module_environment(environment()), capture_output=True, text=True, check=False, timeout=600
    )  # fmt: skip
    result = results.load(folder / "tcperf-report" / "results.json")
    found = {each.metric: each for each in result.comparisons if each.published}
    return done, found


def environment():
    return {name: value for name, value in os.environ.items() if name != "TEAMCITY_VERSION"}


def test_a_planted_program_is_worse_on_what_was_planted(tmp_path):
    plain, planted = wrapped(tmp_path / "plain"), wrapped(tmp_path / "planted", PLANT)
    done, found = compare(tmp_path, planted, plain, 8)
    assert done.returncode == 1, done.stderr
    assert {found[metric].change for metric in ("sent_bytes", "cpu_ms")} == {"worse"}
    assert all(found[metric].gated for metric in ("sent_bytes", "cpu_ms"))
    assert all(found[metric].worse_pairs == found[metric].pairs == 8 for metric in ("sent_bytes", "cpu_ms"))
    assert found["memory_peak_bytes"].change != "worse"
    assert "WORSE" in done.stdout
    assert "sent_bytes" in done.stdout


def test_two_equal_programs_are_green(tmp_path):
    one, other = wrapped(tmp_path / "one"), wrapped(tmp_path / "other")
    done, found = compare(tmp_path, one, other, 7)
    assert done.returncode == 0, done.stderr
    assert [each.key for each in found.values() if each.gated and each.change == "worse"] == []
    assert {found[metric].change for metric in ("sent_bytes", "packets_count", "memory_peak_bytes")} == {"ok"}
