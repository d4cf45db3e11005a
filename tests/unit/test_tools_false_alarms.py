"""The proof of the gate: what it makes of builds, what it prints, and that it plays."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import attrs
from calibrations import noisy_values, result_of
from proofs import clean_builds, planted_builds

from tcperf import config, results
from tcperf.drilling import Step
from tcperf.plants.finding import Finding
from tcperf.plants.wish import parse_wish
from tcperf.rules import GatePolicy, Rule
from tcperf.thresholds import criterion

TODAY = date(2026, 11, 27)
TOOLS = Path(__file__).parents[2] / "tools"
TOOL = TOOLS / "false_alarms.py"


def build(values=None, policy=None, **changes):
    result = result_of(values or noisy_values(pairs=10), **changes)
    return clean_builds.build_of(result, policy or GatePolicy(), TODAY)


def worse(factor=1.2):
    values = noisy_values(pairs=10)
    values["cpu_ms"] = [(before, after * factor) for before, after in values["cpu_ms"]]
    return values


# --- builds ------------------------------------------------------------------------------------------


def test_a_clean_build_is_green_both_ways():
    found = build()
    assert (found.red, found.exchanged, found.problems, found.redone) == ((), (), (), 0)
    assert [each.metric for each in sorted(found.compared, key=lambda each: each.metric)] == sorted(
        noisy_values()
    )
    assert found.run_s == 1.0
    assert clean_builds.is_right([found] * 40)


def test_a_red_one_is_counted_and_so_is_one_that_is_red_the_other_way():
    one, other = build(worse()), build(worse(1 / 1.2))
    assert (one.red, one.exchanged) == (("tcperf.trial.messages.cpu_ms",), ())
    assert (other.red, other.exchanged) == ((), ("tcperf.trial.messages.cpu_ms",))


def test_one_red_metric_may_be_and_two_may_not():
    assert clean_builds.is_right([*[build()] * 39, build(worse())])
    assert not clean_builds.is_right([*[build()] * 38, build(worse()), build(worse())])


def test_a_build_that_was_not_compared_is_never_green():
    found = build(problem="the base fell over")
    assert found.problems == ("the base fell over",)
    assert not clean_builds.is_right([found])
    assert any("build 1 was NOT COMPARED: the base fell over" in line for line in clean_builds.table([found]))


def test_what_is_too_noisy_is_told_of_and_not_left_out():
    values = noisy_values(pairs=10)
    values["cpu_ms"] = [(1000.0, 1800.0), (1800.0, 1000.0)] * 5
    found = build(values)
    cpu = next(each for each in found.compared if each.metric == "cpu_ms")
    assert not cpu.gated
    line = next(line for line in clean_builds.table([found]) if line.startswith("messages.cpu_ms"))
    assert line.split()[-5:] == ["0", "0", "1", "0", "0"]
    (warning,) = (line for line in clean_builds.table([found]) if line.startswith("NOT PROVED"))
    assert warning.startswith("NOT PROVED: cpu_ms: ")
    assert not any("NOT PROVED" in line for line in clean_builds.table([found, build()]))


def test_what_a_rule_takes_out_is_left_out():
    policy = GatePolicy(rules=(Rule(match="*.cpu_ms", report_only=True),))
    assert "cpu_ms" not in [each.metric for each in build(policy=policy).compared]


def test_the_table_says_what_so_many_prove():
    *rows, proved, needed, length, again = clean_builds.table([build()] * 39 + [build(worse())])
    assert len(rows) == 2 + 5
    assert proved.startswith("1 of 40 clean builds were red, which proves that at most 11.3% are (95 %)")
    assert "with the sides exchanged, too, 1 of 80: at most 5.8%" in proved
    assert needed.startswith("299 ")
    assert length == "a run takes 1.00 s from its first phase to its last"
    assert again == "0 pairs were made again"
    cpu = next(row for row in rows if row.startswith("messages.cpu_ms")).split()
    assert cpu[-5:] == ["39", "0", "0", "1", "0"]


# --- planted -----------------------------------------------------------------------------------------


def test_the_wishes_are_those_that_were_promised():
    wishes = [parse_wish(wish) for wish in planted_builds.WISHES]
    assert {wish.kind.metric: wish.ratio for wish in wishes} == {
        "cpu_ms": 0.15,
        "sent_bytes": 0.06,
        "memory_peak_bytes": 0.15,
        "latency_ms": 0.2,
    }
    assert planted_builds.MOST_PAIRS == 15


def test_one_objection_is_enough():
    result = result_of(noisy_values(pairs=10))
    good = Step("none", result, Finding(10, None))
    bad = attrs.evolve(good, finding=Finding(10, None, objections=("nothing was compared",)))
    assert planted_builds.is_right([good, good])
    assert not planted_builds.is_right([good, bad])
    assert "WRONG" in planted_builds.table([good, bad])


# --- the rules of it ---------------------------------------------------------------------------------


def test_the_rules_let_six_percent_of_the_bytes_show():
    read = config.load(TOOLS / "false_alarms.toml", TOOLS)
    messages = read.params["one_to_one"].values["messages"]
    found = criterion("sent_bytes", "one_to_one.messages.sent_bytes", published=True, policy=read.gate)
    bytes_of_a_message = 889  # 52.1 KiB of 60
    assert found.floor < 0.06 * messages * bytes_of_a_message
    assert found.worse_by == 0.03


# --- the program -------------------------------------------------------------------------------------


def run(*arguments, folder):
    return subprocess.run(
        [sys.executable, str(TOOL), *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def keep(folder, *made):
    folder.mkdir()
    for number, values in enumerate(made, 1):
        (folder / f"clean-{number:03}.json").write_text(
            results.dumps(result_of(values, scenario="one_to_one"))
        )


def test_what_was_kept_is_judged_again(tmp_path):
    keep(tmp_path / "kept", noisy_values(pairs=10), worse())
    done = run("--again", "kept", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "1 of 2 clean builds were red" in done.stdout
    assert "clean build 1 of 2: green; 0 red so far, about" in done.stderr
    assert "clean build 2 of 2: tcperf.one_to_one.messages.cpu_ms; 1 red so far, done" in done.stderr
    keep(tmp_path / "bad", worse(), worse())
    assert run("--again", "bad", folder=tmp_path).returncode == 1
    (tmp_path / "rules.toml").write_text('[[gate.rule]]\nmatch = "*.cpu_ms"\nreport_only = true\n')
    assert run("--again", "bad", "--config", "rules.toml", folder=tmp_path).returncode == 0


def test_of_nothing_nothing_is_proved(tmp_path):
    (tmp_path / "kept").mkdir()
    assert run("--again", "kept", folder=tmp_path).returncode == 1


def test_mistakes(tmp_path):
    done = run("dirty", folder=tmp_path)
    assert done.returncode == 2
    assert "nothing is called dirty: choose from clean, planted" in done.stderr
    done = run("--node", "nowhere", folder=tmp_path)
    assert done.returncode == 2
    assert "does not exist" in done.stderr
