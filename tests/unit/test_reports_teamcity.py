"""What TeamCity is told of a result, read back by a strict parser."""

import io
from pathlib import Path

import attrs
import pytest
import samples
from teamcity_parser import check_output, statistics_of

from tcperf.gating import Gate
from tcperf.model import PhaseInfo, ScenarioInfo, Unsupported
from tcperf.reports import teamcity
from tcperf.summary import published
from tcperf.teamcity import ServiceMessages, StatisticError

DIR = Path("/home/tcperf-report")


def told(result, report_dir=DIR):
    output = io.BytesIO()
    teamcity.emit(result, ServiceMessages(output), report_dir)
    return output.getvalue()


def named(output, name):
    return [message for message in check_output(output) if message.name == name]


def test_the_statistics_are_the_medians_of_the_published_totals():
    output = told(samples.result())
    medians = {summary.key: summary.median for summary in published(samples.result())}
    assert statistics_of(output) == medians | {"tcperf.not_compared_count": len(medians)}
    assert statistics_of(output)["tcperf.one_to_one.messages.sent_bytes"] == 420_082
    assert b"sent_bytes' value='420082']" in output


def test_whole_numbers_are_printed_whole():
    lines = [line for line in told(samples.result()).splitlines() if b"_bytes" in line or b"_count" in line]
    assert lines
    assert not any(b"." in line.split(b"value=")[1] for line in lines)


def test_each_scenario_has_its_block_around_its_statistics():
    messages = check_output(told(samples.result()))
    blocks = [(message.name, message["name"]) for message in messages if message.name.startswith("block")]
    assert blocks == [
        ("blockOpened", "one_to_one"),
        ("blockClosed", "one_to_one"),
        ("blockOpened", "cold_start"),
        ("blockClosed", "cold_start"),
    ]
    names = [message.name for message in messages]
    assert names[1] == "blockOpened"
    assert names[2:9] == ["buildStatisticValue"] * 7
    assert messages[1]["description"].startswith("Two accounts send each other")
    inside = [message["key"].split(".")[1] for message in messages[2:9]]
    assert inside == ["one_to_one"] * 7


def test_received_bytes_are_for_the_report_only():
    assert b"received" not in told(samples.result())


def test_on_the_hosts_network_no_traffic_statistic_is_printed():
    keys = statistics_of(told(samples.result(network="host")))
    assert keys
    assert not [key for key in keys if "sent" in key or "packets" in key]


def test_the_reference_node_has_keys_of_its_own_and_is_named():
    output = told(samples.reference_result())
    *keys, count = statistics_of(output)
    assert all(key.startswith("tcperf.reference.one_to_one.") for key in keys)
    assert count == "tcperf.reference.not_compared_count"
    (status,) = named(output, "buildStatus")
    assert status["text"].endswith(", REFERENCE NODE")


def test_the_status_text_keeps_teamcitys_own_and_is_short():
    (status,) = named(told(samples.result()), "buildStatus")
    assert set(status.attributes) == {"timestamp", "text"}
    text = status["text"]
    assert text.startswith(
        "{build.status.text}; tcperf: not compared; "
        "one_to_one.messages time 3 min 21 s, cpu 18.5 s, memory 336 MiB, sent 410 KiB; cold_start.boot time"
    )
    assert text.endswith(" more in the report")
    assert len(text) < 300


def test_the_status_text_of_figures_that_are_not_the_chief_ones():
    info = ScenarioInfo("idle", "", {}, (PhaseInfo("accounts", publish=True, metrics=("threads_count",)),))
    result = samples.reference_result()
    result = attrs.evolve(result, scenarios=(info,), runs=(attrs.evolve(result.runs[0], scenario="idle"),))
    (status,) = named(told(result), "buildStatus")
    assert (
        status["text"]
        == "{build.status.text}; tcperf: not compared; idle.accounts threads 28, REFERENCE NODE"
    )


def test_without_a_published_figure_the_status_text_says_so():
    output = told(attrs.evolve(samples.result(), scenarios=()))
    assert statistics_of(output) == {"tcperf.not_compared_count": 0}
    text = named(output, "buildStatus")[0]["text"]
    assert text == "{build.status.text}; tcperf: not compared; no published figure"


def test_the_reports_are_published_last_before_the_status():
    messages = check_output(told(samples.result()))
    assert [(message.name, message.argument) for message in messages[-3:-1]] == [
        ("publishArtifacts", "/home/tcperf-report => tcperf"),
        ("publishArtifacts", "/home/tcperf-report/results.json => .teamcity/tcperf"),
    ]


def test_without_results_the_folder_alone_is_published():
    output = io.BytesIO()
    teamcity.publish(ServiceMessages(output), DIR, results=False)
    (message,) = check_output(output.getvalue())
    assert message.argument == "/home/tcperf-report => tcperf"


@pytest.mark.parametrize("name", ["a,b", "a=>b", "a*", "a?", "two\nlines"])
def test_a_path_that_no_artifact_rule_can_hold_is_warned_of(name):
    output = told(samples.reference_result(), Path("/work") / name)
    assert not named(output, "publishArtifacts")
    _not_compared, warning = named(output, "message")
    assert warning["status"] == "WARNING"
    assert "is not published" in warning["text"]


def test_warnings_are_warning_messages_and_come_first():
    result = samples.reference_result(warnings=("the disk is slow",))
    run = result.runs[0]
    broken = attrs.evolve(run, closing=attrs.evolve(run.closing, received_bytes=1))
    messages = check_output(told(attrs.evolve(result, runs=(broken,))))
    assert [(message.name, message["status"]) for message in messages[:3]] == [("message", "WARNING")] * 3
    assert messages[0]["text"].startswith("tcperf: not compared: no base was given")
    assert messages[1]["text"] == "tcperf: the disk is slow"
    assert "one_to_one-1: the traffic does not add up" in messages[2]["text"]


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_texts_that_are_not_ours_make_valid_messages(text):
    """Names of scenarios and phases are checked when they are registered; all other text is free."""
    result = samples.result(warnings=(text,))
    subject = attrs.evolve(samples.BACKEND, path=text, version=text)
    infos = tuple(attrs.evolve(info, help=text, params={text: text}) for info in result.scenarios)
    runs = tuple(attrs.evolve(run, warnings=(text,)) for run in result.runs)
    spoilt = attrs.evolve(result, subjects={"head": subject}, scenarios=infos, runs=runs)
    output = told(spoilt, Path("/work") / text.replace("\x00", "")[:200])
    assert statistics_of(output) == statistics_of(told(result))
    assert len(named(output, "buildStatus")) == 1


@pytest.mark.parametrize("text", ["a b", "{x}", "##teamcity[", "日本"])
def test_a_name_that_makes_no_key_is_refused_before_its_statistics_are_printed(text):
    output = io.BytesIO()
    with pytest.raises(StatisticError):
        teamcity.emit(samples.hostile(text), ServiceMessages(output), DIR)
    assert statistics_of(output.getvalue()) == {}
    assert not named(output.getvalue(), "buildStatus")


def test_a_brace_of_others_is_no_variable_of_teamcity():
    info = attrs.evolve(samples.ONE_TO_ONE, name="{build.number}")
    result = samples.reference_result()
    result = attrs.evolve(
        result, scenarios=(info,), runs=(attrs.evolve(result.runs[0], scenario="{build.number}"),)
    )
    text = teamcity.status_text(result, published(result), Gate())
    assert text.startswith("{build.status.text}; tcperf: not compared; (build.number).messages ")
    assert text.count("{") == 1


def test_what_the_node_cannot_play_is_a_plain_line_and_no_problem():
    reason = "not supported by this node: cold_start needs private groups, which x has not"
    lacking = (Unsupported(samples.COLD_START, reason),)
    output = told(attrs.evolve(samples.result(scenarios=(samples.ONE_TO_ONE,)), unsupported=lacking))
    (line,) = [each for each in named(output, "message") if reason in each["text"]]
    assert line["status"] == "NORMAL"
    assert named(output, "buildProblem") == []
    text = named(output, "buildStatus")[0]["text"]
    assert text.startswith(f"{{build.status.text}}; tcperf: not compared; {reason}; one_to_one.messages ")
    assert not any("cold_start" in key for key in statistics_of(output))
