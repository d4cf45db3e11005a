"""docs/emitter.rst tells the truth: its examples print what it shows, and every public name is in it, with its arguments."""

import inspect
import io
import re
import time
from functools import partial
from pathlib import Path

import pytest
from doc_examples import calls, examples
from teamcity_parser import check_output, statistics_of

import tcperf.teamcity
from tcperf import cli
from tcperf.keys import IDENTITY_LIMIT
from tcperf.teamcity import ServiceMessages, line, notation, rules, statistic

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "emitter.rst").read_text("utf-8")
#: 2026-11-25, as the page has it.
NOW = 1_795_572_847.25
NAMES = [name for name in dir(ServiceMessages) if not name.startswith("_")]
METHODS = [name for name in NAMES if callable(getattr(ServiceMessages, name))]
_INDENTED = r"((?:   .*\n|\n)+)"
_EXAMPLE = re.compile(rf"^\.\. code-block:: python\n\n{_INDENTED}(prints::\n\n{_INDENTED})?", re.MULTILINE)


def plain(block):
    """A block without its indentation."""
    return re.sub(r"^   ", "", block, flags=re.MULTILINE).strip() + "\n"


EXAMPLES = [(plain(code), plain(shown or "")) for code, _, shown in _EXAMPLE.findall(PAGE)]


@pytest.fixture(name="printed")
def printed_fixture(monkeypatch):
    """What each example prints, all of them run as one program."""
    raw = io.BytesIO()
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        patch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="utf-8", write_through=True))
        patch.setattr(tcperf.teamcity, "ServiceMessages", partial(ServiceMessages, now=lambda: NOW))
        found, namespace = [], {}
        for number, (code, _shown) in enumerate(EXAMPLES):
            begin = raw.tell()
            exec(compile(code, f"docs/emitter.rst, example {number}", "exec"), namespace)
            found.append(raw.getvalue()[begin:])
    time.tzset()
    return found


def test_every_example_prints_what_is_shown(printed):
    assert len(EXAMPLES) == PAGE.count("code-block:: python") == PAGE.count("\nprints::\n")
    for (code, shown), made in zip(EXAMPLES, printed, strict=True):
        assert made.decode("ascii") == shown, code


def test_all_of_it_together_is_what_teamcity_reads(printed):
    messages = check_output(b"".join(printed))
    assert len(messages) == PAGE.count("   ##teamcity[")


def test_from_a_shell_it_is_the_same():
    (shell,) = [each for each in examples("docs/emitter.rst") if each.language == "sh"]
    (words,) = calls(shell.text)
    raw = io.BytesIO()
    stdout = io.TextIOWrapper(raw, write_through=True)
    assert cli.main(words, stdout, io.StringIO(), {}) == 0
    assert statistics_of(raw.getvalue()) == {"my.build.size_bytes": 123_456, "my.build.files_count": 12}


def signature(name):
    """The arguments' names, as the page has them."""
    parameters = list(inspect.signature(getattr(ServiceMessages, name)).parameters.values())[1:]
    return ", ".join(
        f"**{each.name}" if each.kind is inspect.Parameter.VAR_KEYWORD else each.name for each in parameters
    )


def told():
    """The names in the lists at the end, with their arguments."""
    rows = [row for row in PAGE.split("All names\n")[1].splitlines() if row.startswith("``")]
    return dict(re.findall(r"``(\w+)\(([^)]*)\)``", "\n".join(rows)))


@pytest.mark.parametrize("name", METHODS)
def test_every_method_is_named_with_its_arguments(name):
    assert told()[name] == signature(name)


def test_nothing_is_named_that_is_not_there():
    assert told().keys() - {"ServiceMessages"} == set(METHODS)
    assert NAMES == METHODS, "whatever is no method has to be told, too"


def test_how_one_is_made_is_told():
    parameters = inspect.signature(ServiceMessages).parameters
    assert told()["ServiceMessages"] == ", ".join(parameters)
    about = PAGE.split(f"``ServiceMessages({told()['ServiceMessages']})``")[1].split("\n``")[0]
    assert all(re.search(rf"``{name}\b", about) for name in parameters)
    attributes = {name for name in vars(ServiceMessages(io.BytesIO())) if not name.startswith("_")}
    assert attributes == {"output", "now", "encoding"}


@pytest.mark.parametrize("name", tcperf.teamcity.__all__)
def test_every_name_of_the_package_is_told(name):
    assert re.search(rf"^``{name}[(`]", PAGE, re.MULTILINE)


def test_the_limits_are_the_librarys():
    told_of = " ".join(PAGE.split())
    assert f"at most {line.LIMIT} bytes" in told_of
    assert f"at most {IDENTITY_LIMIT} characters" in told_of
    assert f"at most {notation.INTEGER_DIGITS} digits before the point" in told_of
    assert f"rounded to {notation.DECIMALS} decimals" in told_of
    assert f"above {rules.DESCRIPTION_LIMIT} characters is shortened" in told_of
    assert all(status in told_of for status in rules.MESSAGE_STATUSES)
    assert all(kind in told_of for kind in rules.METADATA_NUMBERS)
    assert statistic.KEY_RULE.startswith("a key is 1 to 80 letters, digits or _ . : -")
    assert "a key is 1 to 80 letters, digits or ``_ . : -``" in told_of


def test_lines_that_are_no_messages_are_of_the_usual_length():
    prose = [row for row in PAGE.splitlines() if "##teamcity[" not in row and not row.startswith("``")]
    assert max(map(len, prose)) <= 118


def test_the_readme_leads_here():
    chapter = (ROOT / "README.rst").read_text("utf-8").split("The emitter library\n")[1]
    assert "``docs/emitter.rst``" in chapter
