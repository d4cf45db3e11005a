"""The build's context: from all of its sources, from some, from none."""

import attrs
import pytest

from tcperf.errors import ConfigError
from tcperf.teamcity.build import Build, PullRequest

SHA = "2b1f0d1c9b8a7f6e5d4c3b2a190817263544f0aa"
OTHER_SHA = "9" * 40
ENV = {
    "TEAMCITY_VERSION": "2026.1 (build 200000)",
    "TEAMCITY_BUILD_PROPERTIES_FILE": "/agent/build.properties",
    "BUILD_NUMBER": "7",
    "BUILD_URL": "https://ci.example.org/teamcity/viewLog.html?buildId=4711&buildTypeId=Project_Perf",
    "BUILD_VCS_NUMBER_Project_StatusGo": SHA,
}
BUILD_FILE = {
    "teamcity.configuration.properties.file": "/agent/configuration.parameters",
    "teamcity.build.id": "4711",
    "teamcity.buildType.id": "Project_Perf",
    "build.number": "7",
    "build.vcs.number": SHA,
    "teamcity.auth.userId": "TeamCityBuildId=4711",
    "teamcity.auth.password": "Vb7kQ2wX9rT4mZ1pL8sD6fG3hJ5nC0yA",
    "agent.name": "linux-3",
}
CONFIGURATION_FILE = {
    "teamcity.serverUrl": "https://ci.example.org/teamcity/",
    "teamcity.build.branch": "pull/12",
    "teamcity.build.branch.is_default": "false",
    "teamcity.pullRequest.number": "12",
    "teamcity.pullRequest.source.branch": "refs/heads/feature/fast",
    "teamcity.pullRequest.target.branch": "develop",
    "build.vcs.number.Project_StatusGo": SHA,
    "teamcity.agent.name": "linux-3",
    "teamcity.agent.hardware.cpuCount": "8",
}
FILES = {"/agent/build.properties": BUILD_FILE, "/agent/configuration.parameters": CONFIGURATION_FILE}


def reader(files):
    """Reads from memory, and fails as the real one does."""

    def read_file(path):
        if str(path) not in files:
            raise ConfigError(f"the properties file {path} cannot be read: No such file", cure="mount it")
        return files[str(path)]

    return read_file


def read(env=ENV, build=BUILD_FILE, configuration=CONFIGURATION_FILE):
    files = {"/agent/build.properties": build, "/agent/configuration.parameters": configuration}
    return Build.read(env, reader({path: values for path, values in files.items() if values is not None}))


def with_parameters(**values):
    """The build with the configuration's parameters changed: ``_`` stands for ``.``, None removes one."""
    changed = CONFIGURATION_FILE | {name.replace("_", "."): value for name, value in values.items()}
    return read(configuration={name: value for name, value in changed.items() if value is not None})


def branch(name, is_default=None):
    changed = CONFIGURATION_FILE | {
        "teamcity.build.branch": name,
        "teamcity.build.branch.is_default": is_default,
    }
    kept = {key: value for key, value in changed.items() if "pullRequest" not in key}
    return read(configuration={key: value for key, value in kept.items() if value is not None})


def test_all_that_a_build_tells():
    build = read()
    assert attrs.evolve(build, credentials=None) == Build(
        is_teamcity=True,
        id=4711,
        configuration="Project_Perf",
        number="7",
        url=ENV["BUILD_URL"],
        server_url="https://ci.example.org/teamcity",
        branch="pull/12",
        is_default_branch=False,
        pull_request=PullRequest(12, "feature/fast", "develop"),
        revisions={"Project_StatusGo": SHA},
        revision=SHA,
        agent="linux-3",
        cpu_count=8,
    )
    assert build.credentials.source == "the build's own credentials"
    assert build.warnings == ()


def test_not_under_teamcity():
    assert Build.read({}) == Build()
    assert not Build.read({}).is_teamcity


def test_real_files(tmp_path):
    configuration = tmp_path / "configuration.parameters"
    configuration.write_bytes(
        b"teamcity.serverUrl=http\\://localhost\\:8111\nteamcity.build.branch=\\u4F60/x\n"
    )
    build = tmp_path / "build.properties"
    build.write_text(
        f"teamcity.configuration.properties.file={configuration}\nteamcity.build.id=3\n", "ascii"
    )
    found = Build.read({"TEAMCITY_VERSION": "1", "TEAMCITY_BUILD_PROPERTIES_FILE": str(build)})
    assert (found.id, found.server_url, found.branch) == (3, "http://localhost:8111", "你/x")


# --- what may be missing -----------------------------------------------------------------------------


def test_without_the_builds_file_the_environment_tells_what_it_can():
    build = read(build=None)
    assert build.is_teamcity
    assert (build.id, build.configuration, build.number) == (4711, "Project_Perf", "7")
    assert build.server_url == "https://ci.example.org/teamcity"
    assert build.revisions == {"Project_StatusGo": SHA}
    assert build.revision == SHA
    assert (build.branch, build.is_default_branch, build.pull_request) == (None, None, None)
    assert (build.agent, build.cpu_count, build.credentials) == (None, None, None)
    assert build.warnings == (
        "the properties file /agent/build.properties cannot be read: No such file (mount it)",
    )


def test_without_the_configurations_file():
    build = read(configuration=None)
    assert (build.id, build.agent) == (4711, "linux-3")
    assert build.server_url == "https://ci.example.org/teamcity"
    assert build.credentials is not None
    assert build.branch is None
    assert len(build.warnings) == 1
    assert "/agent/configuration.parameters" in build.warnings[0]


def test_a_builds_file_that_names_no_other():
    kept = {name: value for name, value in BUILD_FILE.items() if "configuration" not in name}
    assert read(build=kept).warnings == ()


def test_teamcity_that_tells_nothing():
    build = Build.read({"TEAMCITY_VERSION": "1"})
    assert build == Build(is_teamcity=True)


def test_system_properties_among_the_configurations_parameters():
    build = Build.read(
        {"TEAMCITY_BUILD_PROPERTIES_FILE": "/agent/build.properties"},
        reader(
            {
                "/agent/build.properties": {"teamcity.configuration.properties.file": "/c"},
                "/c": {"system.teamcity.build.id": "5", "system.build.number": "1.5"},
            }
        ),
    )
    assert (build.id, build.number) == (5, "1.5")


@pytest.mark.parametrize("empty", ["", "  ", "%teamcity.agent.name%"])
def test_what_is_empty_or_was_not_resolved_is_not_told(empty):
    build = with_parameters(teamcity_agent_name=empty)
    assert build.agent == "linux-3"  # of the other file
    assert with_parameters(teamcity_serverUrl=empty).server_url == "https://ci.example.org/teamcity"


@pytest.mark.parametrize("nonsense", ["many", "-1", "1.5", "٣", "9" * 40, "0x10", "0"])
def test_a_number_that_is_none(nonsense):
    assert with_parameters(teamcity_agent_hardware_cpuCount=nonsense).cpu_count is None


# --- where the server is -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "root", "number", "configuration"),
    [
        ("http://ci:8111/viewLog.html?buildId=5&buildTypeId=P_Perf", "http://ci:8111", 5, "P_Perf"),
        ("https://ci/build/5", "https://ci", 5, None),
        ("https://ci/tc/build/5", "https://ci/tc", 5, None),
        ("https://ci/buildConfiguration/P_Perf/5?mode=builds", "https://ci", 5, "P_Perf"),
        ("https://ci/buildConfiguration/P_Perf", "https://ci", None, "P_Perf"),
        ("https://ci/tc/viewQueued.html?itemId=5", "https://ci/tc", None, None),
        ("https://ci/somewhere/else", "https://ci", None, None),
        ("https://ci", "https://ci", None, None),
    ],
)
def test_the_builds_page_tells_the_server_and_the_build(page, root, number, configuration):
    build = Build.read({"TEAMCITY_VERSION": "1", "BUILD_URL": page})
    assert (build.url, build.server_url, build.id, build.configuration) == (page, root, number, configuration)
    assert build.warnings == ()


def test_a_page_that_is_none():
    build = Build.read({"TEAMCITY_VERSION": "1", "BUILD_URL": "not a URL"})
    assert build.server_url is None
    assert len(build.warnings) == 1
    assert "is no URL of a TeamCity server" in build.warnings[0]


def test_a_password_in_the_servers_url_is_refused_and_not_quoted():
    build = with_parameters(teamcity_serverUrl="https://me:s3cr3t-word@ci.example.org")
    assert build.server_url is None
    assert "s3cr3t" not in str(build.warnings)
    assert "ci.example.org" in build.warnings[0]


# --- branches ----------------------------------------------------------------------------------------


def test_without_branches():
    build = branch(None)
    assert (build.branch, build.is_default_branch, build.pull_request) == (None, None, None)


def test_a_default_branch_without_a_name():
    build = branch("<default>")
    assert (build.branch, build.is_default_branch) == (None, True)


@pytest.mark.parametrize(
    ("told", "truth"), [("true", True), ("TRUE", True), ("false", False), ("maybe", None)]
)
def test_whether_a_branch_is_the_default(told, truth):
    assert branch("develop", told).is_default_branch is truth


@pytest.mark.parametrize(
    "name",
    [
        "pull/34",
        "pull/34/head",
        "pull/34/merge",
        "refs/pull/34/merge",
        "pull-requests/34/from",
        "merge-requests/34",
    ],
)
def test_a_branch_may_name_its_pull_request(name):
    build = branch(name)
    assert build.branch == name
    assert build.pull_request == PullRequest(34)


@pytest.mark.parametrize("name", ["develop", "pull", "pull/x", "pull/3/other", "my-pull/3", "pull/3/head/4"])
def test_other_branches_are_no_pull_requests(name):
    assert branch(name).pull_request is None


@pytest.mark.parametrize("target", ["develop", "refs/heads/develop"])
def test_branches_of_a_pull_request_are_short(target):
    parameters = {
        "teamcity.pullRequest.target.branch": target,
        "teamcity.pullRequest.source.branch": "refs/heads/refs/heads/odd",
    }
    build = read(configuration=CONFIGURATION_FILE | parameters)
    assert build.pull_request == PullRequest(12, "refs/heads/odd", "develop")


def test_a_pull_request_without_its_number():
    build = with_parameters(teamcity_pullRequest_number=None, teamcity_build_branch="topic")
    assert build.pull_request == PullRequest(None, "feature/fast", "develop")


# --- revisions ---------------------------------------------------------------------------------------


def test_several_roots_at_different_revisions_have_no_revision_in_common():
    build = read(
        build={name: value for name, value in BUILD_FILE.items() if name != "build.vcs.number"},
        configuration=CONFIGURATION_FILE | {"build.vcs.number.Tools": OTHER_SHA},
    )
    assert build.revisions == {"Project_StatusGo": SHA, "Tools": OTHER_SHA}
    assert build.revision is None


def test_several_roots_at_the_same_revision():
    kept = {name: value for name, value in BUILD_FILE.items() if name != "build.vcs.number"}
    build = read(build=kept, configuration=CONFIGURATION_FILE | {"build.vcs.number.Tools": SHA})
    assert build.revision == SHA


def test_the_only_revision_of_the_environment():
    assert Build.read({"BUILD_VCS_NUMBER": SHA}).revision == SHA
    assert Build.read({"BUILD_VCS_NUMBER": SHA}).revisions == {}
    assert Build.read({"BUILD_VCS_NUMBER_a": SHA, "BUILD_VCS_NUMBER_b": ""}).revisions == {"a": SHA}


# --- credentials -------------------------------------------------------------------------------------


def test_a_token_goes_before_the_builds_own_credentials():
    build = read(env=ENV | {"TCPERF_TEAMCITY_TOKEN": " a-token-of-mine\n"})
    assert build.credentials.source == "TCPERF_TEAMCITY_TOKEN"
    assert build.credentials.header() == "Bearer a-token-of-mine"


def test_the_builds_own_credentials():
    header = read().credentials.header()
    assert header == "Basic VGVhbUNpdHlCdWlsZElkPTQ3MTE6VmI3a1Eyd1g5clQ0bVoxcEw4c0Q2ZkczaEo1bkMweUE="


def test_a_token_that_is_none_is_a_warning_that_does_not_quote_it():
    build = read(env=ENV | {"TCPERF_TEAMCITY_TOKEN": "two words"})
    assert build.credentials is None  # the build's own would hide the mistake
    assert len(build.warnings) == 1
    assert "TCPERF_TEAMCITY_TOKEN holds a character that no token has" in build.warnings[0]
    assert "two words" not in build.warnings[0]


def test_an_empty_token_is_none():
    assert read(env=ENV | {"TCPERF_TEAMCITY_TOKEN": ""}).credentials.source == "the build's own credentials"


def test_nothing_secret_is_shown():
    build = read(env=ENV | {"TCPERF_TEAMCITY_TOKEN": "a-token-of-mine"})
    assert "a-token" not in repr(build)
    assert "a-token" not in str(attrs.asdict(build))
    assert "Vb7k" not in repr(read())
