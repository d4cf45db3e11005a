import pytest

from tcperf.errors import UsageError
from tcperf.teamcity import StatisticError
from tcperf.teamcity.statistic import PREDEFINED, KeyRegistry, check_key, statistic_line, statistic_value


@pytest.mark.parametrize("key", ["a", "tcperf.one_to_one.send.cpu_ms", "A:b-c_d.9", "x" * 80])
def test_keys_that_fit(key):
    assert check_key(key) == key.lower()


@pytest.mark.parametrize(
    "key", ["", "x" * 81, "a b", "a/b", "a*", "a,b", "a(b)", "a%b", "é", "a'", "a]", "a\n", 1, None]
)
def test_keys_that_do_not_fit_are_named(key):
    with pytest.raises(StatisticError, match="does not fit") as caught:
        check_key(key)
    assert ascii(key) in str(caught.value)
    assert "1 to 80 letters" in caught.value.cure


@pytest.mark.parametrize(
    "key",
    [
        "BuildDuration",
        "buildduration",
        "CodeCoverageM",
        "CodeCoverageAbsRCovered",
        "CodeCoverageAbsSTotal",
        "InspectionStatsW",
        "IgnoredTestCount",
        "buildLogSize",
        "buildStageDuration:sourcesUpdate",
        "BUILDSTAGEDURATION:",
    ],
)
def test_teamcitys_own_keys_are_refused_in_any_case(key):
    with pytest.raises(StatisticError, match="TeamCity reports itself"):
        check_key(key)
    assert check_key(key, predefined=True) == key.lower()


def test_the_list_of_predefined_keys():
    assert len(PREDEFINED) == 17 + 6 + 12
    assert {"CodeCoverageB", "CodeCoverageAbsLTotal", "TotalTestCount", "SuccessRate"} <= PREDEFINED
    assert "CodeCoverageAbsLUncovered" not in PREDEFINED


def test_a_value_that_cannot_be_reported_names_its_key():
    with pytest.raises(StatisticError, match=r"statistic tcperf\.x_ms cannot be reported: NaN") as caught:
        statistic_value("tcperf.x_ms", float("nan"))
    assert isinstance(caught.value, UsageError)
    assert isinstance(caught.value, ValueError)
    assert caught.value.exit_status == 2


def test_a_key_that_does_not_fit_is_never_quoted_raw():
    with pytest.raises(StatisticError, match="does not fit") as caught:
        statistic_value("k\n##teamcity[x]", float("nan"))
    assert "\n" not in str(caught.value)


def test_a_line():
    assert statistic_line("k", "1.5") == "##teamcity[buildStatisticValue key='k' value='1.5']\n"


def test_each_key_once():
    registry = KeyRegistry()
    registry.admit(["a", "b"])
    with pytest.raises(StatisticError, match="the statistic a is reported twice"):
        registry.admit(["a"])
    with pytest.raises(StatisticError, match="the statistic keys b and B differ only by case"):
        registry.admit(["B"])
    with pytest.raises(StatisticError, match="keys C and c differ only by case"):
        registry.admit(["C", "c"])


def test_a_refused_batch_leaves_no_trace():
    registry = KeyRegistry()
    for refused in (["new", "new"], ["new", "bad key"], ["new", "BuildDuration"]):
        with pytest.raises(StatisticError):
            registry.admit(refused)
    registry.admit(["new"])
