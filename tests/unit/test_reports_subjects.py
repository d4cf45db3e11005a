"""The head beside the base."""

import attrs
import comparisons as made
import samples

from tcperf.reports.subjects import identities


def rows(result):
    return {row.label: (row.base, row.head, row.differs) for row in identities(result).rows}


def test_both_sides_are_told_line_by_line():
    found = rows(made.paired())
    assert found["Binary"] == ("/build/parent/status-backend", "/build/bin/status-backend", True)
    assert found["Version"] == ("b7e6b161aa02", "4c6ca00520e0", True)
    assert found["Generation"][2] is False
    assert found["Go"] == ("go1.22.9", "go1.22.9", False)
    assert found["Module"][0] == "github.com/status-im/status-go/cmd/status-backend (devel)"
    assert list(found) == ["Binary", "SHA-256", "Version", "Generation", "Go", "Module"]


def test_of_the_builds_settings_only_those_that_differ_are_told():
    head, base = samples.BACKEND, made.BASE
    tagged = attrs.evolve(head.go, settings={**head.go.settings, "-race": "true", "-tags": "gowaku_rln"})
    result = attrs.evolve(made.paired(), subjects={"head": attrs.evolve(head, go=tagged), "base": base})
    assert [(row.label, row.base, row.head) for row in identities(result).settings] == [
        ("-race", None, "true"),
        ("-tags", "gowaku_no_rln", "gowaku_rln"),
        ("vcs.revision", "b7e6b161aa02", "4c6ca00520e0"),
    ]


def test_a_side_that_is_no_go_program_lacks_these_lines():
    result = attrs.evolve(made.paired(), subjects={"head": samples.REFERENCE, "base": made.BASE})
    found = rows(result)
    assert found["Go"] == ("go1.22.9", None, True)
    assert list(found)[:4] == ["Binary", "SHA-256", "Version", "Generation"]


def test_one_binary_twice_is_known():
    assert not identities(made.paired()).is_same_binary
    twice = attrs.evolve(made.paired(), subjects={"head": made.BASE, "base": made.BASE})
    assert identities(twice).is_same_binary
    assert not any(row.differs for row in identities(twice).rows)
    assert identities(twice).settings == ()


def test_one_interpreter_with_two_programs_is_not_one_binary():
    subjects = {side: attrs.evolve(made.BASE, command=f"python3 {side}.py") for side in ("base", "head")}
    result = attrs.evolve(made.paired(), subjects=subjects)
    assert rows(result)["Command"] == ("python3 base.py", "python3 head.py", True)
    assert not identities(result).is_same_binary


def test_without_a_base_there_is_nothing_beside_the_head():
    assert identities(samples.result()) is None
    assert identities(attrs.evolve(made.paired(), subjects={"base": made.BASE})) is None
