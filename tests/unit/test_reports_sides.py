"""What the sides are called."""

import attrs
import comparisons as made
import pytest
import samples
from pages import Page

from tcperf.alike import subject_warnings
from tcperf.reports.html import render
from tcperf.reports.sides import HASH_SHOWN, Sides, sides


def of(head, base=None):
    subjects = {"head": head} if base is None else {"head": head, "base": base}
    return sides(attrs.evolve(made.paired(), subjects=subjects))


def binary(path="/build/node", version="v2", sha256="a" * 64):
    return attrs.evolve(samples.BACKEND, path=path, version=version, sha256=sha256)


OLD = binary("/parent/node", "v1", "b" * 64)


@pytest.mark.parametrize(
    ("head", "base", "title"),
    [
        (binary(), OLD, "head node v2 compared with base node v1"),
        (
            binary("/x/node-new", "devel"),
            binary("/x/node-old", "devel", "b" * 64),
            "head node-new compared with base node-old",
        ),
        (
            binary("/x/node", "(devel)"),
            binary("/y/node", "(devel)", "b" * 64),
            "head node (sha256 aaaaaaaaaaaa) compared with base node (sha256 bbbbbbbbbbbb)",
        ),
        (binary(), binary("/elsewhere/other", "v1"), "node v2 compared with itself"),
        (binary(), None, "node v2"),
        (binary(version="devel"), None, "node"),
        (attrs.evolve(binary(), reference=True), None, "Bundled reference node v2"),
    ],
)
def test_both_sides_are_named_by_what_tells_them_apart(head, base, title):
    assert of(head, base).title == title


def test_a_command_is_called_as_it_was_typed():
    python = attrs.evolve(binary("/usr/bin/python3", "unknown"), command="python3 new.py")
    old = attrs.evolve(python, command="python3 old.py")
    assert of(python, old).title == "head python3 new.py compared with base python3 old.py"
    assert of(python, python).title == "python3 new.py compared with itself"
    assert of(attrs.evolve(python, command="x\n" * 100)).title.endswith("…")


def test_one_binary_is_the_same_whatever_its_files_are_called():
    assert of(binary(), binary("/elsewhere/other")).is_same
    assert not of(binary(), OLD).is_same
    assert not of(binary()).is_same


def test_the_hash_is_short_enough_to_be_read_and_the_beginning_of_the_binarys():
    found = of(binary(), OLD)
    assert (found.head.hash, found.base.hash) == ("a" * HASH_SHOWN, "b" * HASH_SHOWN)


def test_names_that_are_nobodys_are_cut_and_keep_the_hash_that_tells_them_apart():
    long = "n" * 10_000
    assert len(of(binary(f"/x/{long}"), binary(f"/y/{long}-old")).title) < 160
    alike = of(binary(f"/x/{long}"), binary(f"/y/{long}", sha256="b" * 64)).title
    assert "sha256 aaaaaaaaaaaa" in alike
    assert "sha256 bbbbbbbbbbbb" in alike


def test_without_a_subject_nobody_is_named():
    assert sides(attrs.evolve(made.paired(), subjects={})) is None
    assert isinstance(sides(made.paired()), Sides)


# --- on the page -------------------------------------------------------------------------------------


def page(head, base):
    return render(attrs.evolve(made.paired(), subjects={"head": head, "base": base}), {})


def test_the_first_lines_of_the_page_and_its_tab_name_both():
    html = page(binary("/x/node-new", "devel"), binary("/x/node-old", "devel", "b" * 64))
    assert '<span class="role">head</span> <bdi>node-new</bdi>' in html
    assert Page(html).text(within="h1") == "head node-new compared with base node-old"
    assert "<title>head node-new compared with base node-old: tcperf</title>" in html
    assert Page(html).text(within="header") == "tcperf report head node-new compared with base node-old"
    assert "base node-old sha256 bbbbbbbbbbbb → head node-new sha256 aaaaaaaaaaaa" in Page(html).text()


def test_a_hash_that_is_part_of_the_names_is_not_said_twice():
    text = Page(page(binary("/x/node", "devel"), binary("/y/node", "devel", "b" * 64))).text(within="section")
    verdict, _paste, words = text.partition("In words, to paste")
    assert verdict.count("sha256 aaaaaaaaaaaa") == 1
    assert words.count("sha256 aaaaaaaaaaaa") == 1  # what is pasted elsewhere must say it there


def test_one_binary_against_itself_is_said_below_the_verdict():
    told = "One binary was compared with itself: whatever differs is noise."
    warned = subject_warnings(binary(), binary())
    text = Page(render(attrs.evolve(made.paired(), warnings=warned), {})).text()
    assert (
        text.index("but base and head are the same binary") < text.index("What is worse") < text.index(told)
    )
    assert told not in Page(page(binary(), OLD)).text()
