"""The plan: what a build configuration consists of, and what of it follows from what."""

import attrs
import pytest
import samples
import settings_requests as made

from tcperf.buildsettings import BRANCHES, BuildSettings
from tcperf.teamcity.settings.plan import PullRequests, Requirement, literal_percents, make


def test_with_nothing_said_it_is_all_there():
    plan = make(made.request())
    assert (plan.id, plan.name, plan.vcs_root) == ("Tcperf", "tcperf", None)
    assert plan.branch_filter == BRANCHES == ("+:<default>", "+:pull/*")
    assert plan.pull_requests == PullRequests()
    assert plan.requirements == (Requirement("contains", "teamcity.agent.jvm.os.name", "Linux"),)
    assert [condition.key for condition in plan.conditions] == ["tcperf.regressions_count"]
    assert (plan.report.title, plan.report.start_page) == ("tcperf", "tcperf/report.html")
    assert plan.rules == ("?:tcperf/results.json => .tcperf-baseline",)
    assert plan.artifact_rules == plan.parameters == ()
    assert plan.charts


def test_what_is_said_stands_in_it():
    plan = make(made.whole())
    assert (plan.id, plan.name, plan.vcs_root) == ("Perf", "Performance", "Status_Go")
    assert plan.pull_requests == PullRequests(made.WHOLE.token)
    assert plan.requirements[1] == Requirement("no-less-than", "teamcity.agent.hardware.cpuCount", "4")
    assert plan.timeout_min == 90
    assert plan.parameters == (("teamcity.git.fetchAllHeads", "true"),), "else there is no target to be found"
    assert plan.rules == (), "the parent is built: nothing of an earlier build is needed"


def test_the_same_request_makes_the_same_plan():
    assert make(made.whole()) == make(made.whole())


def test_without_pull_requests_there_is_no_feature_for_them():
    settings = BuildSettings(pull_requests="none", branches=("+:*",))
    plan = make(made.request(settings=settings))
    assert plan.pull_requests is None
    assert plan.branch_filter == ("+:*",)


@pytest.mark.parametrize(
    ("budget_s", "timeout", "minutes"),
    [(None, None, 120), (2700.0, None, 105), (61.0, None, 62), (None, 90.0, 2), (2700.0, 3600.0, 60)],
)
def test_the_time_out_leaves_room_beside_the_pairs(budget_s, timeout, minutes):
    plan = make(made.request(budget_s=budget_s, settings=BuildSettings(timeout=timeout)))
    assert plan.timeout_min == minutes


def test_a_kept_node_is_published_and_fetched_again():
    settings = BuildSettings(keep_node=True)
    plan = make(made.request(settings=settings, artifacts="perf"))
    assert plan.artifact_rules == ("build/bin/status-backend => tcperf-node",)
    assert plan.rules == (
        "?:perf/results.json => .tcperf-baseline",
        "?:tcperf-node/status-backend => .tcperf-baseline",
    )
    assert all(rule.startswith("?:") for rule in plan.rules), "the first build of all has nothing to fetch"
    assert plan.report.start_page == "perf/report.html"


@pytest.mark.parametrize(
    "changes",
    [
        {"compared": True},
        {"node": None, "words": ()},
        {"settings": attrs.evolve(made.WHOLE, keep_node=True)},
    ],
)
def test_a_node_is_not_kept_where_nobody_would_take_it(changes):
    plan = make(made.request(**{"settings": BuildSettings(keep_node=True), **changes}))
    assert plan.artifact_rules == ()
    assert not any("tcperf-node" in rule for rule in plan.rules)


def test_what_is_fetched_is_what_the_step_looks_for():
    for settings in (BuildSettings(), BuildSettings(keep_node=True), made.WHOLE):
        plan = make(made.request(samples.ONE_TO_ONE, settings=settings))
        for rule in plan.rules:
            source, _, folder = rule.removeprefix("?:").partition(" => ")
            assert f"{folder}/{source.rpartition('/')[2]}" in plan.script
        assert bool(plan.rules) == (".tcperf-baseline" in plan.script)


def test_a_per_cent_sign_means_itself():
    assert literal_percents("date +%Y; %env.PATH%") == "date +%%Y; %%env.PATH%%"
    assert literal_percents("none") == "none"
