"""report.md: the verdict for a pull request, or the figures."""

import re

import attrs
import comparisons as made
import pytest
import samples

from tcperf.model import Unsupported
from tcperf.reports.markdown import LIMIT, code, escape, line, render


def body(result):
    """What is not folded."""
    return re.sub(r"<details>.*?</details>", "", render(result), flags=re.DOTALL)


def folds(result):
    return re.findall(r"<details><summary>(.*?)</summary>\n\n(.*?)\n\n</details>", render(result), re.DOTALL)


def test_the_verdict_is_the_heading():
    assert render(made.paired()).startswith("### 🔴 tcperf: WORSE\n\n1 metric worse: ")
    assert render(made.clean()).startswith("### 🟢 tcperf: OK\n\n2 unchanged\n")
    assert render(made.failed()).startswith(
        "### 🟠 tcperf: NOT COMPARED\n\n- Not compared: one\\_to\\_one: base failed"
    )
    assert render(made.paired((made.UNSURE,))).startswith("### 🟡 tcperf: CAN'T TELL\n")


def test_without_a_comparison_it_tells_the_figures():
    text = render(samples.result())
    assert text.startswith("### tcperf: measured, not compared\n\n| metric | median |")
    assert "\n| `one_to_one.messages.sent_bytes` | **410 KiB** | 409 KiB … 413 KiB | 3 | exact |\n" in text
    assert (
        "\n| `one_to_one.messages.memory_peak_bytes` | **336 MiB** | 334 MiB … 340 MiB | 3 | bound |\n"
        in text
    )
    assert "reference node" not in text
    assert [title for title, _text in folds(samples.result())] == ["How it was measured"]


def test_one_run_has_no_spread_and_the_reference_node_is_named():
    text = render(samples.reference_result())
    assert "\n| `one_to_one.messages.sent_bytes` | **410 KiB** |  | 1 | exact |\n" in text
    assert "\nMeasured was the bundled **reference node**, not a node of yours.\n" in text


def test_without_a_figure_it_says_so():
    nothing = attrs.evolve(samples.result(), runs=())
    assert body(nothing).startswith("### tcperf: measured, not compared\n\nNo published figure.\n")


def test_figures_that_nothing_was_said_of_are_folded_beside_a_verdict():
    found = dict(folds(made.paired((made.WORSE,))))
    (title,) = [title for title in found if title.endswith("without a comparison")]
    assert title == "6 without a comparison"
    assert "| `one_to_one.messages.cpu_ms` |" in found[title]
    assert "sent_bytes" not in found[title]
    assert not any(title.endswith("without a comparison") for title in dict(folds(made.paired())))


def test_a_changed_metric_is_a_row():
    rows = body(made.paired()).splitlines()
    assert (
        "| 🔴 WORSE | `one_to_one.messages.sent_bytes` | 410 KiB → 436 KiB | **+6.2 %** | 4.9 … 7.6 | 10/10 "
        "| 0.00098 | 1.4 % |"
    ) in rows
    labels = [row.split("|")[1].strip() for row in rows if row.startswith("| ") and "`" in row]
    assert labels == ["🔴 WORSE", "🔴 OVER BUDGET", "🟡 CAN'T TELL", "🟢 BETTER"]


def test_every_row_has_the_columns_of_the_head():
    rows = [line for line in render(made.paired()).splitlines() if line.startswith("|")]
    assert len(rows) == 4 + 2 + 2 + 2 + 2 * 2
    assert {len(re.split(r"(?<!\\)\|", row)) for row in rows} == {10}


def test_the_sentences_are_there_to_read():
    assert (
        "\n- one\\_to\\_one.messages sent\\_bytes +6.2 % (4.9 … 7.6), worse in 10 of 10 pairs, p=0.00098; "
        "all of it alice→bob TCP in messages, +25.4 KiB\n"
    ) in body(made.paired())
    assert "- one\\_to\\_one.messages latency" not in body(made.paired())


def test_what_is_ok_by_its_floor_alone_says_so_below_the_folded_table():
    note = "less than 20 ms worse, which is its floor"
    found = dict(folds(made.paired((attrs.evolve(made.SAME[0], note=note), *made.SAME[1:], *made.TOLD_ONLY))))
    assert found["2 unchanged"].endswith(f"\n\n- one\\_to\\_one.messages time\\_ms: {note}")
    assert "- " not in found["2 only reported"].replace("|---", "")


def test_the_rest_is_folded():
    titles = [title for title, _text in folds(made.paired())]
    assert titles == ["2 unchanged", "2 only reported", "How it was compared"]
    unchanged, reported, how = (text for _title, text in folds(made.paired()))
    assert "`one_to_one.messages.time_ms` | 3 min 21 s → 3 min 22 s | +0.1 %" in unchanged
    assert "| WORSE | `one_to_one.messages.received_bytes` | 410 KiB → 436 KiB | +6.2 % |" in reported
    assert "- one\\_to\\_one: 10 pairs, enough for a verdict; 2 runs at a time; 1 pair made again" in how
    assert f"- head: `/build/bin/status-backend`, version `4c6ca00520e0`, sha256 `{samples.SHA256}`" in how
    assert how.index("- base: `/build/parent") < how.index("- head: ")


def test_warnings_are_not_folded():
    assert "\n- Warning: base and head are one &amp; the same\n" in body(
        made.paired(warnings=("base and head are one & the same",))
    )


def test_what_was_missed_is_told_with_its_reason():
    assert "\n- Not compared: one\\_to\\_one.messages send\\_ms: no run of the base has it\n" in body(
        made.paired()
    )


def test_an_accepted_change_is_marked():
    result = made.paired((attrs.evolve(made.WORSE, accepted="larger keys, until 2027-01-31"),))
    assert "| 🟡 ACCEPTED | `one_to_one.messages.sent_bytes`" in render(result)
    assert render(result).startswith("### 🟢 tcperf: OK")
    assert "accepted: larger keys" in render(result)


def test_it_stays_short():
    many = tuple(attrs.evolve(made.WORSE, phase=f"phase{number}") for number in range(300))
    warned = made.paired(many, warnings=tuple(f"warning {number}" for number in range(100)))
    found = render(warned)
    assert found.count("| 🔴 WORSE |") == 40
    assert "\nAnd 260 more.\n" in found
    assert "\n- and 288 more\n" in found
    assert len(found) < 30_000


def test_what_does_not_fit_into_a_comment_is_said_and_the_worst_stays():
    text = "ש" * 5_000
    alike = [
        attrs.evolve(each, scenario=text, phase=text, note=text) for each in (*made.SAME, *made.TOLD_ONLY)
    ]
    many = tuple(attrs.evolve(each, metric=f"{number}{text}") for number in range(40) for each in alike)
    found = render(
        made.paired((made.WORSE, made.UNSURE, *many), warnings=tuple(f"{n}{text}" for n in range(40)))
    )
    assert 60_000 < len(found.encode()) <= LIMIT
    assert re.search(r"\n\*\d+ lines more do not fit into a comment: report\.html has them\.\*\n\Z", found)
    assert found.index("🔴 WORSE") < found.index("CAN'T TELL") < found.index("<details>")
    assert found.count("<details>") == found.count("</details>")
    assert "do not fit" not in render(made.paired())


# --- text that is not ours ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("a_b*c`d", r"a\_b\*c\`d"),
        ("<img src=x>", "&lt;img src=x&gt;"),
        ("a|b", r"a\|b"),
        ("[x](y)", r"\[x\](y)"),
        ("hello @someone", "hello @<!-- -->someone"),
        ("see #12 and GH-3", "see #<!-- -->12 and GH-<!-- -->3"),
        ("https://evil.example", "https:<!-- -->//evil.example"),
        ("www.evil.example", "www<!-- -->.evil.example"),
        ("two\nlines", "two lines"),
        ("&amp;", "&amp;amp;"),
        ("a \\ b", r"a \\ b"),
        ("$x^2$", r"\$x^2\$"),
        ("+6.2 % (4.9 … 7.6), p=0.001", "+6.2 % (4.9 … 7.6), p=0.001"),
    ],
)
def test_a_text_is_nothing_but_text(text, safe):
    assert escape(text) == safe


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("# big", r"\# big"),
        ("#12", r"\#<!-- -->12"),
        ("  - item", r"\- item"),
        ("+ item", r"\+ item"),
        ("=====", r"\====="),
        ("12. first", r"12\. first"),
        ("3) third", r"3\) third"),
        ("> quoted", "&gt; quoted"),
        ("```sh", r"\`\`\`sh"),
        ("one - two", "one - two"),
        ("12 runs", "12 runs"),
    ],
)
def test_nothing_begins_a_heading_or_a_list(text, safe):
    assert line(text) == safe


@pytest.mark.parametrize(
    ("text", "safe"),
    [("a_b", "`a_b`"), ("a`b", "`a'b`"), ("a|b", "`a¦b`"), ("", ""), ("x" * 999, f"`{'x' * 159}…`")],
)
def test_a_name_is_code(text, safe):
    assert code(text) == safe


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_nobodys_text_becomes_markup(text):
    told = attrs.evolve(made.UNSURE, scenario=text, phase=text, metric=text, note=text, explanation=text)
    missed = attrs.evolve(made.LOST, metric=text, note=text)
    pairing = attrs.evolve(made.failed().pairings[0], scenario=text, problem=text)
    subjects = {
        "head": attrs.evolve(samples.BACKEND, path=text, version=text, sha256=text),
        "base": made.BASE,
    }
    result = made.paired((told, missed, *made.ALL), pairings=pairing, warnings=(text,))
    found = render(attrs.evolve(result, subjects=subjects))
    tags = re.sub(r"`[^`\n]*`", "", found)
    assert set(re.findall(r"<[^>]*>", tags)) <= {
        "<details>", "</details>", "<summary>", "</summary>", "<!-- -->",
    }  # fmt: skip
    assert found.count("<details>") == found.count("</details>")
    assert re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", found) is None
    assert len(found) < 20_000
    found.encode("utf-8")


# --- past builds -------------------------------------------------------------------------------------


def test_past_builds_are_told_as_history():
    text = render(made.beside_history())
    assert text.startswith("### 🟡 tcperf: UNUSUAL\n")
    assert "| beside | p | usual |" in text
    assert "worse in" not in text
    assert "| 🟡 UNUSUAL | `one_to_one.messages.sent_bytes` | 410 KiB → 436 KiB | **+6.2 %** |" in text
    assert "history, not a paired run: 12 successful builds of develop" in text
    assert "(usual: ±2.1 %); history, not a paired run" in text


def test_what_the_node_cannot_play_is_said_and_not_folded():
    reason = "not supported by this node: cold_start needs private groups, which x has not"
    lacking = (Unsupported(samples.COLD_START, reason),)
    for result in (made.paired(), samples.result(scenarios=(samples.ONE_TO_ONE,))):
        told = body(attrs.evolve(result, unsupported=lacking))
        assert f"\n- Not played: {escape(reason)}\n" in told
        assert "Not played" not in body(result)
