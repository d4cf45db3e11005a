"""Which files are tcperf's: by how they begin, whoever's folder they are in."""

import comparisons as made
import pytest
import samples
from hypothesis import given
from hypothesis import strategies as st

from tcperf.errors import OutputError
from tcperf.gating import Gate
from tcperf.reports import builds_html, html, junit, markdown, summary_csv, table_csv
from tcperf.reports.builds import gather
from tcperf.reports.folder import Folder
from tcperf.reports.ours import check_views, is_test_results

RESULTS = {
    "alone": samples.result(),
    "reference": samples.reference_result(),
    "worse": made.paired((made.WORSE,)),
    "not compared": made.failed(),
    "hostile": samples.hostile("##teamcity[x]\n<project/>"),
}


@pytest.mark.parametrize("name", RESULTS)
def test_every_report_is_known_again(tmp_path, name):
    result, folder = RESULTS[name], Folder(tmp_path)
    folder.results_csv.write_text(table_csv.render(result), "utf-8")
    folder.summary_csv.write_text(summary_csv.render([result]), "utf-8")
    folder.report_html.write_text(html.render(result, {}), "utf-8")
    folder.report_md.write_text(markdown.render(result), "utf-8")
    folder.junit_xml.write_text(junit.render(result, Gate()), "utf-8")
    check_views(folder)
    assert is_test_results(folder.junit_xml)


#: How our files begin: whatever begins so is ours, and Hypothesis draws what it finds in our sources.
OURS = (
    b"run,order,subject,",
    b"started,version,revision,",
    b'<meta name="generator" content="tcperf ',
    b"tcperf: ",
    b'<testsuites name="tcperf"',
)


@given(st.binary(min_size=1, max_size=300).filter(lambda data: not any(mark in data for mark in OURS)))
def test_of_any_other_bytes_nothing_is_lost(tmp_path_factory, data):
    folder = Folder(tmp_path_factory.mktemp("theirs"))
    for path in (folder.results_csv, folder.summary_csv, folder.report_html, folder.report_md):
        path.write_bytes(data)
        with pytest.raises(OutputError, match=f"{path.name} is there"):
            check_views(folder)
        path.unlink()
    folder.junit_xml.write_bytes(data)
    assert not is_test_results(folder.junit_xml)


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("report.md", "# Notes\n\n### tcperf: how we use it\n"),
        ("report.md", "### How we use it\n\ntcperf: it measures\n"),
        ("results.csv", "run,order,who\n"),
        ("report.html", "<!DOCTYPE html>\n<title>tcperf: ours</title>\n"),
    ],
)
def test_what_only_speaks_of_tcperf_is_not_tcperfs(tmp_path, name, theirs):
    (tmp_path / name).write_text(theirs)
    with pytest.raises(OutputError, match="tcperf report did not make it"):
        check_views(Folder(tmp_path))


def test_what_is_of_several_builds_is_not_of_one(tmp_path):
    several = gather([("a.json", samples.result()), ("b.json", samples.result())])
    for name, text in {
        "report.html": builds_html.render(several),
        "summary.csv": summary_csv.render([samples.result()] * 2),
    }.items():
        (tmp_path / name).write_text(text, "utf-8")
        with pytest.raises(OutputError, match=f"{name} is there"):
            check_views(Folder(tmp_path))
        (tmp_path / name).unlink()


def test_what_is_missing_or_empty_or_a_folder_is_nobodys_loss(tmp_path):
    folder = Folder(tmp_path)
    check_views(folder)
    assert is_test_results(folder.junit_xml)
    folder.report_md.touch()
    folder.report_html.mkdir()
    folder.junit_xml.touch()
    check_views(folder)
    assert is_test_results(folder.junit_xml)
