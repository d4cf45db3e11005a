"""A command that was measured is told in every report as it was typed, and harmlessly."""

import attrs
import comparisons as made
import pytest
import samples

from tcperf import results
from tcperf.gating import Gate
from tcperf.reports import console, html, junit, markdown

COMMAND = "python3 tools/index.py --all"
RENDERERS = {
    "console": lambda result: console.render(result, 200, None),
    "html": lambda result: html.render(result, {}),
    "markdown": markdown.render,
    "junit": lambda result: junit.render(result, Gate("off")),
}


def of(command):
    subjects = {
        side: attrs.evolve(samples.BACKEND, command=f"{command} {side}", generation="command")
        for side in ("head", "base")
    }
    return attrs.evolve(made.paired(), subjects=subjects)


@pytest.mark.parametrize("kind", RENDERERS)
def test_both_commands_stand_there(kind):
    text = RENDERERS[kind](of(COMMAND))
    assert f"{COMMAND} head" in text
    assert f"{COMMAND} base" in text


@pytest.mark.parametrize("kind", RENDERERS)
def test_a_hostile_one_breaks_no_line(kind):
    text = RENDERERS[kind](of("sh -c 'x\n##teamcity[y]\x1b[2J' <script>"))
    assert "\x1b" not in text
    assert "\n##teamcity" not in text
    assert "<script> head" not in text or kind in {"console", "markdown"}


def test_it_is_kept_in_the_results():
    result = of(COMMAND)
    assert results.loads(results.dumps(result)) == result
    assert f'"command": "{COMMAND} head"' in results.dumps(result)
