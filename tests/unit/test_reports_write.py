"""The report folder: checked before, written whole, and never emptied of what is not ours."""

import contextlib
import errno
import os
import shutil
import stat
import subprocess
import sys
import textwrap
from pathlib import Path, PurePosixPath, PureWindowsPath

import comparisons
import pytest
import samples

from tcperf.errors import OutputError
from tcperf.gating import Gate
from tcperf.reports import placing, write
from tcperf.reports.html import render as html
from tcperf.reports.junit import render as junit
from tcperf.reports.markdown import render as markdown
from tcperf.reports.summary_csv import render as summary
from tcperf.reports.table_csv import render as table
from tcperf.reports.write import (
    MARKER,
    Folder,
    check_tests,
    make_way,
    prepare,
    reserve,
    use,
    write_again,
    write_atomically,
    write_reports,
    write_tests,
)
from tcperf.results import dumps, load


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


# --- writing -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "data"), [("größer\n", "größer\n".encode()), (b"\x00\xff", b"\x00\xff"), ("", b"")]
)
def test_a_file_is_written_whole(tmp_path, content, data):
    path = tmp_path / "a.txt"
    path.write_text("what was there before, and longer")
    write_atomically(path, content)
    assert path.read_bytes() == data
    assert names(tmp_path) == ["a.txt"]


def test_others_may_read_it_as_the_umask_says(tmp_path):
    before = os.umask(0o022)
    try:
        write_atomically(tmp_path / "a", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o644


@pytest.mark.parametrize("error", [OSError(errno.EIO, "Input/output error"), KeyboardInterrupt()])
def test_an_error_leaves_what_was_there_and_no_draft(tmp_path, monkeypatch, error):
    path = tmp_path / "a.txt"
    path.write_text("before")

    def fail(_descriptor):
        raise error

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else OutputError):
        write_atomically(path, "after")
    monkeypatch.undo()
    assert path.read_text() == "before"
    assert names(tmp_path) == ["a.txt"]


def test_a_draft_left_by_a_killed_process_of_the_same_id_is_no_hindrance(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("not ours")
    (tmp_path / f".a.{os.getpid()}.tcperf-draft").symlink_to(elsewhere)
    write_atomically(tmp_path / "a", "x")
    assert elsewhere.read_text() == "not ours"
    assert names(tmp_path) == ["a", "elsewhere"]


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(OutputError, match=rf"^{tmp_path}/no/a cannot be written: No such file"):
        write_atomically(tmp_path / "no" / "a", "x")


def test_a_file_system_that_cannot_sync_folders_is_no_error(tmp_path, monkeypatch):
    real = os.fsync

    def only_files(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", only_files)
    write_atomically(tmp_path / "a", "x")
    assert (tmp_path / "a").read_text() == "x"


def test_a_folder_that_cannot_be_synced_is_told(tmp_path, monkeypatch):
    real = os.fsync

    def fail_at_folders(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EDQUOT, "Disk quota exceeded")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fail_at_folders)
    with pytest.raises(OutputError, match="a cannot be written: Disk quota exceeded") as caught:
        write_atomically(tmp_path / "a", "x")
    assert caught.value.cure == "free some of your quota, or choose another folder with --out"


def test_all_reports_are_written(tmp_path):
    folder, result = prepare(tmp_path / "out"), samples.reference_result()
    series = {run.id: samples.series(run) for run in result.runs}
    write_reports(folder, result, series)
    assert names(tmp_path / "out") == [
        MARKER, "logs", "report.html", "report.md", "results.csv", "results.json", "series", "summary.csv",
    ]  # fmt: skip
    assert load(folder.results_json) == result
    assert folder.results_json.read_text(encoding="ascii") == dumps(result)
    assert folder.results_csv.read_text(encoding="utf-8") == table(result)
    assert folder.report_html.read_text(encoding="utf-8") == html(result, series)
    assert folder.report_md.read_text(encoding="utf-8") == markdown(result)
    assert folder.summary_csv.read_text(encoding="utf-8") == summary([result])


def test_a_verdict_is_in_the_file_for_a_pull_request(tmp_path):
    folder = prepare(tmp_path / "out")
    write_reports(folder, comparisons.clean(), {})
    assert folder.report_md.read_text(encoding="utf-8") == markdown(comparisons.clean())
    write_reports(folder, samples.reference_result(), {})
    assert "not compared" in folder.report_md.read_text(encoding="utf-8")


def test_a_new_run_leaves_no_verdict_of_an_earlier_one_behind(tmp_path):
    """Nor one under the name that it had in earlier versions."""
    folder = prepare(tmp_path / "out")
    write_reports(folder, comparisons.clean(), {})
    folder.junit_xml.write_text("<testsuites/>")
    (folder.path / "comparison.md").write_text("### tcperf: WORSE")
    prepare(tmp_path / "out")
    assert names(folder.path) == [MARKER, "logs", "series"]


def test_a_file_of_the_former_name_that_is_not_ours_stays(tmp_path):
    (tmp_path / "comparison.md").write_text("theirs")
    prepare(tmp_path)
    assert (tmp_path / "comparison.md").read_text() == "theirs"


# --- a file that somebody names ----------------------------------------------------------------------


def test_way_is_made_for_a_file_and_an_earlier_one_is_gone(tmp_path):
    path = tmp_path / "a" / "b" / "junit.xml"
    make_way(path)
    assert names(tmp_path) == ["a", "a/b"]
    for earlier in ("", '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="tcperf" tests="1">\n'):
        path.write_text(earlier)
        make_way(path)
        assert not path.exists()


@pytest.mark.parametrize("theirs", ["<project/>\n", '<testsuites name="pytest tests" tests="1">\n', "x"])
def test_way_is_not_made_over_somebody_elses_file(tmp_path, theirs):
    path = tmp_path / "pom.xml"
    path.write_text(theirs)
    for step in (check_tests, make_way, lambda at: write_tests(at, "<testsuites/>")):
        with pytest.raises(
            OutputError, match=r"pom\.xml is there, and holds no test results of tcperf"
        ) as caught:
            step(path)
        assert caught.value.cure == "name another file with --junit=FILE.xml, or remove it yourself"
    assert path.read_text() == theirs


def test_test_results_are_written_over_their_own_kind_alone_and_their_folder_is_made(tmp_path):
    path = tmp_path / "new" / "dir" / "x.xml"
    rendered = junit(comparisons.paired((comparisons.WORSE,)), Gate())
    for _again in range(2):
        write_tests(path, rendered)
        assert path.read_text("utf-8") == rendered
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match=r"(is no folder|Not a directory)") as caught:
        write_tests(tmp_path / "file" / "x.xml", rendered)
    assert caught.value.cure == "name a file that you can write with --junit=FILE.xml"


# --- reports beside what they are of ------------------------------------------------------------------

VIEWS = ("results.csv", "summary.csv", "report.html", "report.md")


@pytest.mark.parametrize("result", [samples.reference_result(), comparisons.paired()])
def test_what_tcperf_wrote_is_known_for_it_without_a_marker(tmp_path, result):
    folder = Folder(tmp_path)
    write_reports(folder, result, {})
    assert use(folder) == folder
    for name in VIEWS:
        (tmp_path / name).write_bytes(b"")
    assert use(folder) == folder


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize(
    "theirs", ["mine\n", "# Our tcperf: notes\n", "<!DOCTYPE html>\n<p>tcperf: mine</p>\n"]
)
def test_others_files_under_the_names_of_reports_are_seen_but_where_the_marker_says_whose_they_are(
    tmp_path, name, theirs
):
    folder = Folder(tmp_path)
    write_reports(folder, samples.reference_result(), {})
    (tmp_path / name).write_text(theirs)
    with pytest.raises(OutputError, match=rf"{name} is there, and tcperf report did not make it") as caught:
        use(folder)
    assert caught.value.cure == "choose another folder with --out"
    (tmp_path / MARKER).touch()
    assert use(folder) == folder


def test_a_table_of_several_builds_is_not_that_of_one(tmp_path):
    (tmp_path / "summary.csv").write_text(summary([samples.result(), samples.result()]), "utf-8")
    with pytest.raises(OutputError, match=r"summary\.csv is there"):
        use(Folder(tmp_path))


def test_what_is_no_file_at_all_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "report.md")
    with pytest.raises(OutputError, match=r"report\.md is there"):
        use(Folder(tmp_path))


def test_the_source_stays_what_it_was_and_elsewhere_there_is_a_copy(tmp_path):
    result = samples.reference_result()
    source = dumps(result).replace("{", '{"of_a_later_release": 1,', 1).encode()
    beside, elsewhere = Folder(tmp_path / "beside"), prepare(tmp_path / "elsewhere")
    beside.path.mkdir()
    beside.results_json.write_bytes(source)
    beside.results_json.chmod(0o444)
    before = beside.results_json.stat()
    for folder in (beside, elsewhere):
        write_again(folder, result, {}, source)
        assert folder.results_json.read_bytes() == source
        assert folder.report_md.read_text("utf-8") == markdown(result)
    after = beside.results_json.stat()
    assert (after.st_ino, after.st_mode, after.st_mtime_ns) == (
        before.st_ino,
        before.st_mode,
        before.st_mtime_ns,
    )


def test_a_file_that_cannot_be_written_is_told_at_once(tmp_path):
    with pytest.raises(OutputError, match=rf"^{tmp_path} is a folder") as caught:
        make_way(tmp_path)
    assert caught.value.cure == "name a file with --junit=FILE.xml"
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match=r"is no folder|Not a directory"):
        make_way(tmp_path / "file" / "junit.xml")
    assert (tmp_path / "file").read_text() == "x"


# --- preparing ---------------------------------------------------------------------------------------


def test_a_new_folder_is_made_with_its_parents(tmp_path):
    folder = prepare(tmp_path / "a" / "b")
    assert folder == Folder(tmp_path / "a" / "b")
    assert names(folder.path) == [MARKER, "logs", "series"]


def test_a_relative_path_stays_what_it_was_when_the_working_folder_changes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = prepare(tmp_path.relative_to(tmp_path) / "out")
    assert folder.path == tmp_path / "out"


def test_an_earlier_runs_reports_are_gone_when_a_new_run_begins(tmp_path):
    folder, result = prepare(tmp_path), samples.reference_result()
    write_reports(folder, result, {})
    ours = [
        folder.series / "one_to_one-1.json.gz",
        folder.series / ".one_to_one-2.json.gz.4711",
        folder.logs / "one_to_one-1.alice.log",
        folder.path / ".report.html.4711.tcperf-draft",
    ]
    theirs = [folder.path / "notes.txt", folder.logs / "mine.txt", folder.series / "mine" / "a.json.gz"]
    for path in (*ours, *theirs):
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    prepare(tmp_path)
    assert not any(path.exists() for path in ours)
    assert all(path.read_text() == "x" for path in theirs)
    assert not any(path.exists() for path in (folder.results_json, folder.results_csv, folder.report_html))


@pytest.mark.parametrize(
    "name",
    ["results.json", "results.csv", "summary.csv", "report.html", "report.md", "junit.xml", "series", "logs"],
)
def test_a_folder_of_somebody_elses_is_left_alone(tmp_path, name):
    theirs = tmp_path / name
    if "." in name:
        theirs.write_text("theirs")
    else:
        theirs.mkdir()
        (theirs / "server.2026.log").write_text("theirs")
    before = names(tmp_path)
    with pytest.raises(
        OutputError, match=rf"^{theirs} is there, and {tmp_path} was not made by tcperf"
    ) as caught:
        prepare(tmp_path)
    assert "--out" in caught.value.cure
    assert caught.value.exit_status == 3
    assert names(tmp_path) == before


def test_a_folder_with_other_files_is_taken_and_they_stay(tmp_path):
    (tmp_path / "status-backend").write_text("binary")
    prepare(tmp_path)
    assert "status-backend" in names(tmp_path)


@pytest.mark.parametrize("kind", ["link", "file"])
def test_a_name_that_leads_elsewhere_is_not_followed(tmp_path, kind):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.log").write_text("theirs")
    folder = prepare(tmp_path / "out")
    folder.logs.rmdir()
    if kind == "link":
        folder.logs.symlink_to(elsewhere)
    else:
        folder.logs.write_text("")
    with pytest.raises(OutputError, match=r"out/logs is no folder"):
        prepare(tmp_path / "out")
    assert (elsewhere / "a.log").read_text() == "theirs"


@pytest.mark.parametrize("take", [prepare, lambda path: reserve(path).__enter__()])
@pytest.mark.parametrize("kind", ["root", "home", "a link to home", "home, marked"])
def test_the_root_and_the_home_are_nobodys_report_folder(tmp_path, monkeypatch, take, kind):
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "link").symlink_to(home)
    monkeypatch.setattr(Path, "home", lambda: home)
    if "marked" in kind:
        (home / MARKER).write_text("")
        (home / "results.json").write_text("theirs")
    before = names(home)
    path = {"root": Path("/"), "a link to home": tmp_path / "link"}.get(kind, home)
    # Before anything is touched: not even locked.
    monkeypatch.setattr(write.locks, "folder_lock", lambda _path: pytest.fail("locked"))
    monkeypatch.setattr(write, "probe", lambda _folder: pytest.fail("written to"))
    with pytest.raises(OutputError, match=r"^\S+ is (the root|your home), no folder for reports") as caught:
        take(path)
    assert caught.value.cure == "name a folder below it with --out"
    assert names(home) == before


def test_a_folder_below_the_home_is_fine_and_nobody_needs_a_home(tmp_path, monkeypatch):
    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert prepare(tmp_path / "out").path == tmp_path / "out"
    monkeypatch.setattr(Path, "home", homeless)
    with reserve(tmp_path / "other") as folder:
        assert folder.path == tmp_path / "other"


@pytest.mark.parametrize(
    ("path", "is_root"),
    [
        (PureWindowsPath("C:\\"), True),
        (PureWindowsPath("D:\\"), True),
        (PureWindowsPath("\\\\server\\share\\"), True),
        (PureWindowsPath("D:\\reports"), False),
        (PurePosixPath("/"), True),
        (PurePosixPath("/out"), False),
    ],
)
def test_every_drive_has_its_root(path, is_root):
    assert placing.is_root(path) is is_root


def test_folders_that_were_removed_are_made_again(tmp_path):
    folder = prepare(tmp_path)
    shutil.rmtree(folder.logs)
    assert prepare(tmp_path).logs.is_dir()


def test_a_file_in_the_way_is_told(tmp_path):
    (tmp_path / "out").write_text("theirs")
    with pytest.raises(OutputError, match=rf"^{tmp_path}/out is no folder") as caught:
        prepare(tmp_path / "out")
    assert "--out" in caught.value.cure
    with pytest.raises(OutputError, match=r"cannot be prepared: Not a directory"):
        prepare(tmp_path / "out" / "below")


def test_where_no_folder_can_be_made_that_is_told():
    with pytest.raises(OutputError, match=r"^/proc/tcperf-report cannot be prepared: ") as caught:
        prepare(Path("/proc/tcperf-report"))
    assert "--out" in caught.value.cure


def test_a_folder_that_cannot_be_written_is_found_by_writing(tmp_path, monkeypatch):
    def refuse(*_arguments, **_options):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(
        OutputError, match=rf"^{tmp_path} cannot be prepared: Read-only file system"
    ) as caught:
        prepare(tmp_path)
    monkeypatch.undo()
    assert caught.value.cure == "the file system is read-only: choose another folder with --out"
    assert names(tmp_path) == []


def test_too_little_space_is_found_before_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr(write, "NEEDED_BYTES", 1 << 62)
    with pytest.raises(OutputError, match=r"has \d+ MiB left, and the reports may need \d+ MiB") as caught:
        prepare(tmp_path)
    assert "free some space" in caught.value.cure
    assert names(tmp_path) == []


# --- a real full disk --------------------------------------------------------------------------------

FULL_DISK = """
    import sys
    from pathlib import Path
    from tcperf.errors import OutputError
    from tcperf.reports import write

    disk = Path(sys.argv[1])
    try:
        write.prepare(disk / "out")
    except OutputError as error:
        print(error.message.partition(" has ")[2])
    write.NEEDED_BYTES = 0
    folder = write.prepare(disk / "out")
    write.write_atomically(folder.results_json, "before")
    try:
        write.write_atomically(folder.results_json, "x" * 10_000_000)
    except OutputError as error:
        print(error.message.partition(" cannot ")[2])
        print(error.cure)
    print(folder.results_json.read_text(), *sorted(path.name for path in folder.path.iterdir()))
"""


def in_a_small_file_system(tmp_path, program):
    """Run a program on a full disk of one MiB, in a mount namespace of its own; None where there can be none."""
    disk = tmp_path / "disk"
    disk.mkdir()
    script = f'mount -t tmpfs -o size=1m tmpfs "{disk}" || exit 77; exec "{sys.executable}" -c "$0" "{disk}"'
    flags = ["--mount"] if os.geteuid() == 0 else ["--user", "--map-root-user", "--mount"]
    found = subprocess.run(
        ["unshare", *flags, "sh", "-c", script, textwrap.dedent(program)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return None if found.returncode == 77 or "unshare failed" in found.stderr else found


@pytest.mark.skipif(shutil.which("unshare") is None, reason="no unshare(1)")
def test_a_full_disk_is_found_before_the_run_and_does_no_harm_after_it(tmp_path):
    found = in_a_small_file_system(tmp_path, FULL_DISK)
    if found is None:
        pytest.skip("no file system can be mounted here")
    assert found.stderr == ""
    assert found.stdout.splitlines() == [
        "1 MiB left, and the reports may need 32 MiB",
        "be written: No space left on device",
        "free some space there, or choose another folder with --out",
        f"before {MARKER} logs results.json series",
    ]


def test_the_page_asks_its_readers_where_somebody_wants_to_know(tmp_path):
    folder = prepare(tmp_path / "out")
    write_reports(folder, samples.reference_result(), {}, feedback="https://forms.example.org/tcperf")
    assert 'href="https://forms.example.org/tcperf"' in folder.report_html.read_text("utf-8")
    write_reports(folder, samples.reference_result(), {})
    assert "forms.example.org" not in folder.report_html.read_text("utf-8")


@pytest.mark.parametrize("wrong", ["home", "theirs", "locked", "a link", "a file"])
def test_whoever_chose_the_folder_by_another_option_is_told_that_one(tmp_path, monkeypatch, wrong):
    folder = tmp_path / "reports"
    if wrong == "a file":
        folder.write_text("")
    else:
        folder.mkdir()
    monkeypatch.setenv("HOME", str(folder if wrong == "home" else tmp_path))
    if wrong == "theirs":
        (folder / "results.json").write_text("theirs")
    if wrong == "a link":
        (folder / MARKER).write_text("")
        (folder / "logs").symlink_to(tmp_path)
    with contextlib.ExitStack() as held:
        if wrong == "locked":
            held.enter_context(reserve(folder))
        with pytest.raises(OutputError) as caught, reserve(folder, "--their-out"):
            pass
    assert "--their-out" in caught.value.cure
    assert " --out" not in caught.value.cure


def test_so_is_who_cannot_write_in_the_end(tmp_path):
    gone = Folder(tmp_path / "gone", "--their-out")
    with pytest.raises(OutputError) as caught:
        write_reports(gone, samples.reference_result(), {})
    assert caught.value.cure == "choose a folder that you may write to with --their-out"
