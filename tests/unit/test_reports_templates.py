"""How pages are made: the script of ours, and that the page's policy lets it run and nothing else."""

import base64
import hashlib
import re

import samples

from tcperf.reports.html import render
from tcperf.reports.templates import POLICY, script

NAME = "report.js"


def test_the_policy_names_the_script_by_its_hash():
    ours = script(NAME)
    digest = base64.b64encode(hashlib.sha256(str(ours.text).encode()).digest()).decode()
    assert ours.policy == f"{POLICY}; script-src 'sha256-{digest}'"


def test_the_script_stands_in_the_page_to_the_byte():
    html = render(samples.reference_result(), {})
    assert html.count("<script") == 1
    assert html[html.index("<script>") + len("<script>") : html.index("</script>")] == str(script(NAME).text)


def test_the_script_asks_nobody_and_makes_no_markup_of_text():
    text = str(script(NAME).text)
    assert "</" not in text
    for word in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function(", "fetch(", "XMLHttp",
                 "localStorage", "sessionStorage", "import(", "cookie", "setTimeout(", ".href", ".src"):  # fmt: skip
        assert word not in text, word


def test_the_script_is_small_and_its_lines_are_short():
    text = str(script(NAME).text)
    assert len(text) < 12_000
    assert max(map(len, text.splitlines())) <= 120
    assert not re.search(r"[ \t]$", text, re.MULTILINE)
