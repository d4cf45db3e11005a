"""What a phone says, read: whatever it says, no number is made of what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcperf.errors import NodeError, UsageError
from tcperf.watching import android_reading, android_script, android_traffic
from tcperf.watching.android_adb import _last_words
from tcperf.watching.android_reading import Life
from tcperf.watching.android_traffic import Bytes

UID = 10234
STAT = "4711 (im.x (y) z) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 20 0 31 0 98765 22 23"
STATUS = f"Name:\tim.x\nUid:\t{UID}\t{UID}\t{UID}\t{UID}\nVmHWM:\t   2048 kB\nVmRSS:\t   1024 kB\n"


def sections(*, name="im.x\0\0", stat=STAT, status=STATUS, uptime="123.45 99.00", **more):
    return [("uptime", uptime), ("name", name), ("stat", stat), ("status", status), *more.items()]


def history(*buckets, uid=UID, part="DEFAULT", tag="0x0", network="{type=1}"):
    return "\n".join(
        [
            "UID stats:",
            f"  ident=[{network}] uid={uid} set={part} tag={tag}",
            "    NetworkStatsHistory: bucketDuration=7200",
        ]
        + [f"      st={start} rb={rb} rp={rp} tb={tb} tp={tp} op=0" for start, rb, rp, tb, tp in buckets]
    )


def test_a_process_is_read_field_by_field():
    reading = android_reading.parse(sections(), UID)
    assert reading.uptime_ms == 123450
    [process] = reading.processes.values()
    assert process.life == Life(4711, 98765) == reading.main("im.x")
    assert (process.user_ticks, process.system_ticks) == (11 + 13, 12 + 14)
    assert (process.page_faults, process.threads, process.peak_bytes) == (7 + 9, 31, 2048 * 1024)


@pytest.mark.parametrize(
    "broken",
    [
        {"stat": ""},
        {"stat": STAT.replace(" S ", " Z ")},
        {"stat": STAT.replace("98765", "later")},
        {"stat": STAT.replace("4711", "9" * 5000)},
        {"status": ""},
        {"status": STATUS.replace(str(UID), "0")},
    ],
)
def test_what_ended_or_is_somebody_else_is_no_process_of_the_app(broken):
    assert android_reading.parse(sections(**broken), UID).processes == {}


def test_a_phone_without_a_clock_tells_nothing():
    assert android_reading.parse(sections(uptime="never"), UID) is None
    assert android_reading.parse([], UID) is None


@pytest.mark.parametrize(
    ("text", "pss"),
    [
        ("** MEMINFO in pid 4711 [im.x] **\n        TOTAL    123  4\n TOTAL PSS:  999", 123),
        ("** MEMINFO in pid 4711 [im.x] **\n   TOTAL PSS:    123   TOTAL RSS:   9", 123),
        ("** MEMINFO in pid 4711 [im.x] **\n   TOTAL:    123   TOTAL SWAP PSS:   9", 123),
        ("** MEMINFO in pid 4712 [im.y] **\n        TOTAL    123  4\n", None),
        ("** MEMINFO in pid 4711 [im.x] **\n no total\n** MEMINFO in pid 2 [TOTAL] **\n TOTAL 4", None),
        ("No process found for: im.x", None),
    ],
)
def test_memory_is_of_all_its_processes_or_of_none(text, pss):
    assert android_reading.parse(sections(memory=text), UID).pss_bytes == (pss and pss * 1024)


def test_a_user_id_is_that_of_the_very_package():
    listed = "package:im.x.beta uid:10999\r\npackage:im.x uid:10234,1010234\n"
    assert android_reading.uid_of(listed, "im.x") == 10234
    assert android_reading.uid_of("package:imax uid:1\n", "im.x") is None
    assert android_reading.uid_of("", "im.x") is None


def test_a_history_that_has_none_of_this_user_is_not_a_missing_one():
    assert android_traffic.parse(history(), UID) == {}
    assert android_traffic.parse(history((1, 2, 3, 4, 5), uid=UID + 1), UID) == {}
    assert android_traffic.parse("Permission Denial: can't dump netstats", UID) is None


def test_tags_count_nothing_twice_and_names_of_networks_make_no_user():
    text = history((1, 10, 1, 20, 2)) + "\n" + history((1, 9, 9, 9, 9), tag="0x1f")
    text += "\n" + history((1, 5, 5, 5, 5), uid=7, network=f'{{key="] uid={UID} set=DEFAULT tag=0x0"}}')
    assert list(android_traffic.parse(text, UID).values()) == [Bytes(10, 1, 20, 2)]


BUCKETS = st.dictionaries(st.integers(0, 40), st.tuples(*[st.integers(0, 10**12)] * 4), max_size=40)


@given(BUCKETS, BUCKETS)
def test_what_passed_is_what_the_buckets_grew_by_even_where_old_ones_are_no_longer_printed(before, growth):
    first = {start: before.get(start, (0,) * 4) for start in before}
    last = {
        start: tuple(map(sum, zip(first.get(start, (0,) * 4), growth.get(start, (0,) * 4), strict=True)))
        for start in first | growth
    }
    kept = sorted(last)[-32:]
    begin = android_traffic.parse(history(*((start, *first[start]) for start in sorted(first)[-32:])), UID)
    end = android_traffic.parse(history(*((start, *last[start]) for start in kept)), UID)
    seen = [growth[start] for start in kept if start in growth]
    vanished = {start for start in kept if start in first and start not in sorted(first)[-32:]}
    if not vanished:
        expected = Bytes(*(sum(column) for column in zip(*seen, strict=True))) if seen else Bytes()
        assert android_traffic.between(begin, end) == expected


def test_statistics_that_were_reset_are_no_traffic():
    begin, end = (android_traffic.parse(history((1, 10, 1, number, 1)), UID) for number in (20, 19))
    assert android_traffic.between(begin, end) is None


LINES = st.lists(
    st.sampled_from(
        [
            STAT,
            STATUS,
            "UID stats:",
            history((1, 2, 3, 4, 5)),
            "** MEMINFO in pid 4711 [x] **",
            "TOTAL 5",
            "123.45 1.00",
            "x\0",
        ]
    )
    | st.text(max_size=30),
    max_size=6,
)
NAMES = st.sampled_from(["uptime", "name", "stat", "status", "traffic", "memory", "other"])


@given(st.lists(st.tuples(NAMES, LINES.map("\n".join)), max_size=12))
def test_no_answer_breaks_the_reading(found):
    reading = android_reading.parse(found, UID)
    if reading is not None:
        assert all(life.pid >= 0 or life.start for life in reading.processes)


@given(st.lists(st.tuples(NAMES, st.text(max_size=60).map(lambda text: text.replace("\r", ""))), max_size=6))
def test_sections_are_those_that_the_script_says(found):
    mark = "0123456789abcdef01234567"
    answer = "".join(f"\n{mark} {name}\n{text}" for name, text in [*found, ("end", "\n")])
    assert [text.removesuffix("\n") for _name, text in found] == [
        text for _name, text in android_script.sections(answer, mark)
    ]
    with pytest.raises(NodeError, match="cut off"):
        android_script.sections(answer.removesuffix("end\n\n"), mark)


def test_a_script_has_a_new_mark_every_time_and_the_name_as_it_is():
    one, first = android_script.script("im.x_1", android_script.PROCESSES, android_script.MEMORY)
    _two, second = android_script.script("im.x_1")
    assert first != second
    assert r"'^im\.x_1$'" in one
    assert "--package im.x_1\n" in one


@pytest.mark.parametrize(
    "name", ["", "x", "im.x;reboot", "im..x", "im.x y", "1m.x", "im.x\n", "im.$(id)", "-s.x"]
)
def test_what_is_no_package_never_reaches_a_shell(name):
    with pytest.raises(UsageError, match="no name of an Android package"):
        android_script.check_package(name)


def test_what_adb_says_is_quoted_on_one_line_and_steers_nothing():
    said = _last_words("* daemon not running\n\n##teamcity[x]\nerror: \x1b[31mred\n" + "y" * 1000)
    assert "##teamcity[" not in said
    assert "\x1b" not in said
    assert len(said) < 400
    assert _last_words("") == ""
