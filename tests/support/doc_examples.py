"""Every example of README.rst and the pages in docs/: where it stands, what it is, what it says."""

import re
import shlex
from pathlib import Path

from attrs import frozen

from tcperf.cli.commands import COMMANDS

ROOT = Path(__file__).parents[2]
#: Directives whose content is shown as it is; and whatever else ends a paragraph with two colons.
_DIRECTIVE = re.compile(
    r"( *)\.\. (?:code|code-block|sourcecode|parsed-literal|literalinclude|raw)::\s*(\S*)\s*"
)
_LITERAL = re.compile(r"( *)(?!\.\. )(?:.*\S)?::\s*")
_CAPTION = re.compile(r"\s*:caption:\s*(.*\S)\s*")
_OPTION = re.compile(r"\s*:[\w-]+:.*")
#: Between two commands of a shell, and before a file that a command reads or writes.
_BETWEEN, _FILE = re.compile(r"[();|&]+"), re.compile(r"&?[<>]+&?")
_ASSIGNMENT = re.compile(r"\w+=.*", re.DOTALL)


@frozen
class Example:
    """A block: ``language`` is empty where none is said, ``caption`` None where it is no file."""

    page: str
    line: int
    language: str
    caption: str | None
    text: str

    @property
    def place(self):
        return f"{self.page}:{self.line}"

    @property
    def first(self):
        """The first line, by which it is known."""
        return self.text.splitlines()[0]


def pages():
    """README.rst and all pages, by their names from the top of the repository."""
    return ["README.rst", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.rst"))]


def examples(page):
    """The examples of a page, in their order."""
    return parse((ROOT / page).read_text("utf-8"), page)


def parse(text, page):
    """The examples of a text that is called ``page``."""
    lines, found, place = text.splitlines(), [], 0
    while place < len(lines):
        opening = _DIRECTIVE.fullmatch(lines[place]) or _LITERAL.fullmatch(lines[place])
        place += 1
        if opening is None:
            continue
        begin, end = place, _end(lines, place, len(opening[1]))
        language = opening[2] if opening.re is _DIRECTIVE else ""
        found.append(_example(page, begin, language, lines[begin:end]))
        place = end
    return found


def _end(lines, place, indent):
    """Where the lines that are further in than ``indent`` end."""
    while place < len(lines) and (
        not lines[place].strip() or len(lines[place]) - len(lines[place].lstrip()) > indent
    ):
        place += 1
    return place


def _example(page, line, language, lines):
    options = 0
    while language and options < len(lines) and _OPTION.fullmatch(lines[options]):
        options += 1
    captions = [match[1] for each in lines[:options] if (match := _CAPTION.fullmatch(each))]
    body = lines[options:]
    depth = min((len(each) - len(each.lstrip()) for each in body if each.strip()), default=0)
    text = "\n".join(each[depth:].rstrip() for each in body).strip("\n") + "\n"
    return Example(page, line, language, captions[0] if captions else None, text)


def calls(text):
    """The arguments of each call of tcperf in a shell's text."""
    found = []
    for line in text.replace("\\\n", " ").splitlines():
        for words in _commands(line):
            place = next((number for number in range(len(words)) if _is_tcperf(words, number)), None)
            if place is not None:
                found.append(words[place + 1 :])
    return found


def _commands(line):
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words, found = iter(lexer), [[]]
    for word in words:
        if _BETWEEN.fullmatch(word):
            found.append([])
        elif _FILE.fullmatch(word):
            next(words, None)
        elif found[-1] or not _ASSIGNMENT.fullmatch(word):
            found[-1].append(word)
    return [each for each in found if each]


def _is_tcperf(words, place):
    """Whether the word is the program: it begins the command, follows ``-m``, or a subcommand follows."""
    if Path(words[place]).name != "tcperf":
        return False
    return place == 0 or words[place - 1] == "-m" or (len(words) > place + 1 and words[place + 1] in COMMANDS)


#: The pages whose commands are all run, in their order, by tests/integration/test_docs_pages.py.
PLAYED = (
    "docs/captures.rst",
    "docs/exec.rst",
    "docs/networks.rst",
    "docs/pytest.rst",
    "docs/results_files.rst",
    "docs/scenarios.rst",
    "docs/tutorial.rst",
)
_README = "tests/unit/test_readme.py"
_EMITTER = "tests/unit/test_docs_emitter.py::test_every_example_prints_what_is_shown"
_TUTORIAL = "tests/integration/test_docs_pages.py::test_the_tutorial_ends_with_a_verdict_that_is_accepted"
_NODE = "needs a node of the reader's own"
_SERVER = "needs a TeamCity server"

#: By page and first line: the test that holds a block that is not executed, or why none can execute it.
HELD = {
    (
        "README.rst",
        "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/python -m tcperf",
    ): f"{_README}::test_the_two_commands",
    (
        "README.rst",
        "python3 -m venv .venv && .venv/bin/pip install -e '.[dev]' && .venv/bin/python tools/check.py",
    ): f"{_README}::test_the_two_commands",
    ("README.rst", "tcperf run --node path/to/status-backend"): _NODE,
    (
        "README.rst",
        "python3 -m venv .tcperf && .tcperf/bin/pip install -q PATH_TO_THIS_REPOSITORY",
    ): _NODE,
    ("README.rst", "set -eu"): f"{_README}::test_the_step_compares_with_the_merge_base",
    (
        "README.rst",
        "one_to_one.messages sent_bytes +6.2 % (4.9 … 7.6), worse in 10 of 10 pairs, p=0.00098; all of it A→B TCP",
    ): "tests/unit/test_docs_verdict.py::test_the_sentence_is_one_that_tcperf_writes",
    ("docs/calibrate.rst", "tcperf calibrate --node build/bin/status-backend >> tcperf.toml"): _NODE,
    (
        "docs/calibrate.rst",
        "tcperf drill one_to_one --node build/bin/status-backend --plant delay --plant bytes",
    ): _NODE,
    (
        "docs/captures.rst",
        "tcpdump -i eth0 -s 128 -w - | tcperf analyze --format json -",
    ): "needs an interface and captures of the reader's own",
    ("docs/captures.rst", "tcperf run --node build/bin/status-backend --profile cpu,heap"): _NODE,
    ("docs/compare.rst", "set -eu"): "tests/unit/test_docs_pages.py::test_the_step_is_the_readmes",
    (
        "docs/compare.rst",
        "tcperf run one_to_one idle --node build/bin/status-backend --base ~/parent/build/bin/status-backend",
    ): _NODE,
    ("docs/exec.rst", "sh.run (1 run)"): (
        "tests/integration/test_docs_pages.py::test_any_program_is_measured"
    ),
    (
        "docs/exec.rst",
        "tcperf exec --base-command './old/indexer corpus' --budget 10m -- ./new/indexer corpus",
    ): "needs two programs of the reader's own",
    ("docs/pytest.rst", "pytest --tcperf --tcperf-process status-backend tests-functional"): _NODE,
    (
        "docs/devices.rst",
        "pytest --tcperf --tcperf-container 'status-go-func-tests-*-status-backend-*' tests-functional",
    ): "tests/unit/test_docs_devices.py::test_the_commands_are_understood",
    ("docs/reports.rst", "tcperf report monday.json tuesday.json wednesday.json"): (
        "tests/unit/test_docs_reports.py::test_several_builds_are_told_as_the_commands_say"
    ),
    ("docs/reports.rst", "pipeline {"): (
        "tests/unit/test_docs_reports.py::test_the_pipelines_command_is_understood"
    ),
    ("docs/results_files.rst", "tcperf compare --config stricter.toml results.json results.json"): (
        "needs a result of an hour of pairs"
    ),
    ("docs/teamcity.rst", "tcperf settings --kotlin --out .teamcity"): (
        "tests/unit/test_docs_teamcity.py::test_every_command_is_understood"
    ),
    ("docs/teamcity.rst", "tcperf settings --xml --project Perf --out .teamcity/Perf"): (
        "tests/unit/test_docs_teamcity.py::test_the_example_in_xml_writes_the_projects_files"
    ),
    (
        "docs/teamcity.rst",
        "export TCPERF_TEAMCITY_TOKEN=…   # an access token of a user who may edit the project",
    ): _SERVER,
    (
        "docs/teamcity.rst",
        "tcperf history --server https://teamcity.example.org --configuration Perf_Tcperf",
    ): _SERVER,
    ("docs/teamcity.rst", "project {"): "needs a TeamCity server: it is a part of its settings",
    ("docs/thresholds.rst", "failOnMetricChange {"): "needs a TeamCity server: it is a part of its settings",
    ("docs/tutorial.rst", "python3 -m venv .venv"): "needs a package index, as README's command in CI does",
    ("docs/tutorial.rst", "one_to_one.messages (1 run)"): _TUTORIAL,
    ("docs/tutorial.rst", "WORSE: 1 metric worse: one_to_one.messages sent_bytes +20.0 %"): _TUTORIAL,
    (
        "docs/tutorial.rst",
        "- one_to_one.messages sent_bytes +20.0 % (20.0 … 20.0), worse in 8 of 8 pairs,",
    ): _TUTORIAL,
    (
        "docs/verdict.rst",
        "one_to_one.messages sent_bytes +6.2 % (4.9 … 7.6), worse in 10 of 10 pairs, p=0.00098; all of it A→B TCP",
    ): "tests/unit/test_docs_verdict.py::test_the_sentence_is_one_that_tcperf_writes",
    ("docs/emitter.rst", "tcperf emit my.build.size_bytes=123456 my.build.files_count=12"): (
        "tests/unit/test_docs_emitter.py::test_from_a_shell_it_is_the_same"
    ),
    **{
        ("docs/emitter.rst", first): _EMITTER
        for first in (
            "##teamcity[blockOpened timestamp='2026-11-25T02:14:07.250' name='packaging']",
            "##teamcity[buildStatisticValue key='package.ratio_pct' value='66.666667']",
            "##teamcity[message timestamp='2026-11-25T02:14:07.250' status='WARNING' text='the archive was packed anew']",
            "##teamcity[testSuiteStarted timestamp='2026-11-25T02:14:07.250' name='packaging']",
            "linking ...",
            "##teamcity[notification timestamp='2026-11-25T02:14:07.250' message='it|'s packed' notifier='slack']",
        )
    },
}
