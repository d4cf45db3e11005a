"""The folder of a page and its figures: made, and nobody else's file in it is replaced."""

import os

import pytest

from tcperf.cli.page_folder import make_ready
from tcperf.errors import OutputError, UsageError

NAMES = ("builds.html", "summary.csv")
MARKS = ("made by us", "started,version")


def ready(path):
    return make_ready(path, NAMES, MARKS, "tcperf report")


def test_it_is_made_with_those_above_it(tmp_path):
    folder = ready(tmp_path / "a" / "b")
    assert folder.samefile(tmp_path / "a" / "b")
    assert list(folder.iterdir()) == []


def test_what_is_ours_may_be_replaced_and_nothing_is_touched(tmp_path):
    (tmp_path / "builds.html").write_text("<!-- made by us -->")
    (tmp_path / "summary.csv").write_text("started,version\n1,2\n")
    (tmp_path / "thesis.odt").write_text("mine")
    ready(tmp_path)
    assert (tmp_path / "summary.csv").read_text() == "started,version\n1,2\n"
    assert (tmp_path / "thesis.odt").read_text() == "mine"


@pytest.mark.parametrize("text", ["", "mine", " " * 5000 + "made by us"])
@pytest.mark.parametrize("name", NAMES)
def test_somebody_elses_file_is_in_the_way(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(OutputError, match=f"{name} is there, and tcperf report did not make it") as caught:
        ready(tmp_path)
    assert "--out" in caught.value.cure


def test_a_folder_of_a_files_name_is_in_the_way(tmp_path):
    (tmp_path / "builds.html").mkdir()
    with pytest.raises(OutputError, match=r"builds\.html is there"):
        ready(tmp_path)


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is a file, and a folder is needed"):
        ready(tmp_path / "file")


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be made: Not a directory"):
        ready(tmp_path / "file" / "below")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_made(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="Permission denied"):
        ready(tmp_path / "new")
