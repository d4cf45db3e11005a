"""The line that an error points at."""

import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcperf.whereabouts import Spot, of_error, of_name

SOURCE = '''\
"""A module."""

FIRST, (SECOND, *THIRD) = 1, (2, 3)
later: int = 4


class Params:
    """Its fields."""

    messages: int = 5
    step = 6

    def method(self): ...


def run(stage): ...


async def walk(): ...


later = 7
'''


@pytest.fixture
def module(tmp_path):
    path = tmp_path / "module.py"
    path.write_text(SOURCE)
    made = types.ModuleType("module")
    made.__file__ = str(path)
    return made


@pytest.mark.parametrize(
    ("names", "line"),
    [
        ((), 1),
        (("FIRST",), 3),
        (("SECOND",), 3),
        (("THIRD",), 3),
        (("Params",), 7),
        (("Params", "messages"), 10),
        (("Params", "step"), 11),
        (("Params", "method"), 13),
        (("run",), 16),
        (("walk",), 19),
        (("later",), 22),  # what counts is bound last
        (("absent",), 1),
        (("Params", "absent"), 7),
        (("run", "stage"), 16),
    ],
)
def test_a_name_is_found_where_it_is_bound(module, names, line):
    spot = of_name(module, *names)
    assert spot == Spot(module.__file__, line)
    assert str(spot) == f"{module.__file__}:{line}"


def test_what_stands_there_is_quoted(module):
    assert of_name(module, "Params").quoted.endswith("module.py:7: class Params:")
    assert Spot(module.__file__, 2).quoted.endswith("module.py:2")


def test_a_module_without_a_source_has_no_lines(tmp_path):
    module = types.ModuleType("module")
    assert of_name(module, "run") is None
    module.__file__ = str(tmp_path / "gone.py")
    assert of_name(module, "run") is None


def failed(source, file):
    """The error that a module of this source and file ends with when it is imported."""
    with pytest.raises(Exception) as caught:
        exec(compile(source, file, "exec"), {})
    return caught.value


def test_an_errors_lines_are_its_authors_alone(tmp_path):
    file = str(tmp_path / "mine.py")
    inner = failed("import json\ndef read():\n    json.loads('{')\nread()\n", file)
    # The last of Python's own lines are not told, nor those of this test's support.
    assert of_error(inner)[-2:] == (Spot(file, 4), Spot(file, 3))
    ours = failed("from tcperf.scenario import Phase\nPhase('A b')\n", file)
    assert of_error(ours)[-1] == Spot(file, 2)


def test_what_is_no_python_is_told_with_its_own_line(tmp_path):
    file = str(tmp_path / "mine.py")
    assert of_error(failed("x = 1\ny = (\n", file))[-1] == Spot(file, 2)


def test_what_was_never_raised_has_no_lines():
    assert of_error(ValueError()) == ()


@given(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.integers(0, 30))
def test_a_name_is_found_however_far_down(tmp_path_factory, name, above):
    path = tmp_path_factory.mktemp("modules") / "module.py"
    path.write_text("\n" * above + f"{name}_ = 1\n")
    module = types.ModuleType("module")
    module.__file__ = str(path)
    assert of_name(module, f"{name}_") == Spot(str(path), above + 1)
