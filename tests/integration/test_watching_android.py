"""The real adb client and server against a device of ours: what an app did is what is measured."""

import subprocess

import pytest
from phones import NAME, PACKAGE, App, Bench, bench, meminfo, needs_adb

from tcperf.errors import MachineError, UsageError
from tcperf.watching.android import watch_android

pytestmark = [pytest.mark.integration, pytest.mark.long, needs_adb]
WIFI, MOBILE = 'type=1, wifiNetworkKey="Café uid=0 set=ALL tag=0x0", metered=false', "type=0, subId=1"
THEN, LATER = 1700000000, 1700007200
TICK_MS = 10


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    with bench(tmp_path_factory.mktemp("bench")) as made:
        yield made


@pytest.fixture
def phone(shelf):
    made = shelf.phone()
    yield made
    made.device.unplug()
    shelf.adb("disconnect", made.serial)


@pytest.fixture
def start(tmp_path):
    apps = []

    def begin(name=PACKAGE):
        apps.append(App(tmp_path, name))
        return apps[-1]

    yield begin
    for app in apps:
        app.stop()


def watch(shelf, phone):
    return watch_android(f"{PACKAGE}@{phone.serial}", shelf.env)


def test_an_app_with_its_service_and_its_traffic(shelf, phone, start):
    app, service, other = start(), start(f"{PACKAGE}:sync"), start(f"{PACKAGE}.beta")
    rows = [
        (WIFI, None, "DEFAULT", 0, [(THEN, 1000, 10, 2000, 20)]),
        (WIFI, 10999, "DEFAULT", 0, [(THEN, 7, 7, 7, 7)]),
    ]
    phone.traffic(rows)
    watched = watch(shelf, phone)
    stretch = watched.begin()
    took = app.tell("burn", 0.15) + service.tell("burn_in_child", 0.1)
    other.tell("burn", 0.1)
    took += app.tell("grow_and_shrink", 60)
    phone.traffic(
        [
            (WIFI, None, "DEFAULT", 0, [(THEN, 1500, 15, 2600, 26), (LATER, 30, 3, 40, 4)]),
            (WIFI, None, "FOREGROUND", 0, [(LATER, 100, 1, 200, 2)]),
            (WIFI, None, "DEFAULT", 0x1234, [(LATER, 100, 1, 200, 2)]),
            (WIFI, 10999, "DEFAULT", 0, [(THEN, 9999, 99, 9999, 99)]),
            (MOBILE, None, "DEFAULT", 0, [(LATER, 5, 1, 6, 1)]),
        ]
    )
    phone.say("memory", meminfo({app.pid: 30000, service.pid: 2000}))
    found = stretch.end()
    assert list(found) == [NAME]
    figures = {key: each.value for key, each in found[NAME].items()}
    assert figures["cpu_ms"] == pytest.approx(
        took, abs=8 * TICK_MS + 20
    )  # two processes, four figures, two edges
    assert figures["memory_peak_bytes"] > 60 << 20
    assert figures["memory_rest_bytes"] == 32000 * 1024
    assert figures["received_bytes"] == 500 + 30 + 100 + 5
    assert figures["sent_bytes"] == figures["ip_bytes"] == 600 + 40 + 200 + 6
    assert (figures["packets_count"], figures["received_packets_count"]) == (6 + 4 + 2 + 1, 5 + 3 + 1 + 1)
    assert figures["time_ms"] >= 250
    assert {each.exactness for each in found[NAME].values()} == {"sampled", "bound"}
    assert watched.warnings == ()
    watched.close()


def test_one_call_an_edge(shelf, phone, start):
    start()
    watched = watch(shelf, phone)
    before = len(phone.device.scripts)
    stretch = watched.begin()
    watched.look()
    assert len(phone.device.scripts) == before + 1
    stretch.end()
    assert len(phone.device.scripts) == before + 2


def test_an_app_that_is_started_in_a_stretch_counts_from_its_birth(shelf, phone, start):
    watched = watch(shelf, phone)
    stretch = watched.begin()
    took = start().tell("burn", 0.2)
    [figures] = stretch.end().values()
    assert figures["cpu_ms"].value >= took - TICK_MS


def test_an_app_that_is_not_there_at_the_end_has_no_figures(shelf, phone, start, tmp_path):
    watched = watch(shelf, phone)
    assert watched.begin().end() == {}
    assert any("did not run in a measured stretch" in warning for warning in watched.warnings)
    app = App(tmp_path)
    ended, restarted = watched.begin(), watched.begin()
    app.stop()
    assert ended.end() == {}
    assert any("ended within a measured stretch" in warning for warning in watched.warnings)
    start()
    assert restarted.end() == {}
    assert any("was restarted within" in warning for warning in watched.warnings)
    assert len(watched.begin().end()) == 1


def test_a_phone_without_statistics_has_no_traffic_and_no_zero(shelf, phone, start):
    start()
    phone.traffic([], title="UID statistics of another kind:")
    watched = watch(shelf, phone)
    [figures] = watched.begin().end().values()
    assert "sent_bytes" not in figures
    assert "cpu_ms" in figures
    assert any("no traffic" in warning for warning in watched.warnings)


def test_a_phone_that_is_pulled_out_in_the_middle(shelf, phone, start):
    start()
    watched = watch(shelf, phone)
    stretch = watched.begin()
    phone.device.unplug()
    assert stretch.end() == {}
    assert any(
        "does not answer" in warning and "see `adb devices`" in warning for warning in watched.warnings
    )
    with pytest.raises(MachineError):
        watch(shelf, phone)


def test_a_phone_that_goes_in_the_middle_of_an_answer(shelf, phone, start):
    start()
    watched = watch(shelf, phone)
    phone.device.state = "gone"
    assert watched.begin().end() == {}
    assert len(watched.warnings) == 2


@pytest.mark.parametrize(
    "answer", [b"", b"\xff\x00" * 5000, b"##teamcity[buildProblem description='x']\n", b"\n0000 end\n" * 100]
)
def test_a_phone_that_says_anything_at_all(shelf, phone, start, answer):
    start()
    watched = watch(shelf, phone)
    phone.device.answer = answer
    assert watched.begin().end() == {}
    assert any("was cut off" in warning for warning in watched.warnings)
    assert not any("##teamcity[" in warning for warning in watched.warnings)


def test_old_shells_are_read_as_well(shelf, start):
    old = shelf.phone(features="")
    app = start()
    watched = watch(shelf, old)
    stretch = watched.begin()
    took = app.tell("burn", 0.1)
    assert stretch.end()[NAME]["cpu_ms"].value == pytest.approx(took, abs=4 * TICK_MS)
    shelf.adb("disconnect", old.serial)


def test_which_phone_and_which_package(shelf, phone):
    second = shelf.phone()
    with pytest.raises(UsageError, match=r"adb sees 2 phones.*PACKAGE@SERIAL"):
        watch_android(PACKAGE, shelf.env)
    watch_android(PACKAGE, shelf.env | {"ANDROID_SERIAL": second.serial})
    shelf.adb("disconnect", second.serial)
    watch_android(PACKAGE, shelf.env)
    with pytest.raises(UsageError, match=r"has no package im\.example\.other.*adb install"):
        watch_android("im.example.other", shelf.env)
    with pytest.raises(MachineError, match=r"adb sees no phone 'nobody', only '127"):
        watch_android(f"{PACKAGE}@nobody", shelf.env)


@pytest.mark.parametrize(
    ("state", "said"), [("unauthorized", r"unauthorized.*allow debugging"), ("mute", r"offline.*again")]
)
def test_a_phone_that_is_not_ready_says_what_to_do(tmp_path, state, said):
    with bench(tmp_path) as own:
        own.phone(state=state)
        with pytest.raises(MachineError, match=said):
            watch_android(PACKAGE, own.env)


def test_no_phone_no_server_no_adb(tmp_path):
    with bench(tmp_path) as own:
        with pytest.raises(MachineError, match=r"adb sees no phone.*USB debugging"):
            watch_android(PACKAGE, own.env)
        with pytest.raises(MachineError, match=r"no adb program.*apt install adb"):
            watch_android(PACKAGE, own.env | {"PATH": str(tmp_path)})


def test_the_device_speaks_as_the_client_understands(shelf, phone):
    """The device itself: standard error apart, the exit status, and more than fits into one message."""
    argv = ["adb", "-s", phone.serial, "shell", "seq 30000; echo wrong >&2; exit 7"]
    made = subprocess.run(argv, env=shelf.env, capture_output=True, text=True, check=False, timeout=60)
    assert (made.returncode, made.stderr) == (7, "wrong\n")
    assert made.stdout.split() == [str(number) for number in range(1, 30001)]


def test_nothing_is_left_of_a_bench(tmp_path):
    made = Bench(tmp_path)
    server = made._server
    made.close()
    assert server.returncode is not None
