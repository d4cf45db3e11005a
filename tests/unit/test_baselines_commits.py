"""Where a revision stands among others: real clones, whole ones, shallow ones and none."""

import os

import pytest
from git_clone import Clone

from tcperf.baselines import commits
from tcperf.baselines.commits import Commits, GitError, Place, among, read, run_git


@pytest.fixture(scope="module")
def origin(tmp_path_factory):
    """develop has five commits and then two more; feature left it at the fifth and has three of its own."""
    clone = Clone(tmp_path_factory.mktemp("git") / "origin")
    clone.base = [clone.commit(f"develop {number}") for number in range(5)]
    clone.git("switch", "-q", "-c", "feature")
    clone.own = [clone.commit(f"feature {number}") for number in range(3)]
    clone.git("switch", "-q", "develop")
    clone.later = [clone.commit(f"later {number}") for number in range(2)]
    clone.git("switch", "-q", "feature")
    return clone


def test_a_branch_left_its_target_at_the_merge_base(origin):
    found = read(origin.folder, "develop")
    assert found.merge_base == origin.base[-1]
    assert found.ahead == 3
    assert found.told is None


def test_a_distance_is_counted_over_the_merge_base(origin):
    found = read(origin.folder, "develop")
    assert found.distance(origin.base[-1]) == 3
    assert found.distance(origin.base[0]) == 7
    assert found.distance(origin.later[0]) is None  # it came after the branch had left
    assert found.distance(origin.own[0]) is None
    assert found.distance(None) is None
    assert found.distance("f" * 40) is None


def test_a_clone_knows_the_servers_branch_by_its_remote(origin, tmp_path):
    clone = Clone(tmp_path / "clone", "--branch", "feature", str(origin.folder))
    assert clone.git("branch", "--list", "develop") == ""
    found = read(clone.folder, "develop")
    assert (found.merge_base, found.ahead) == (origin.base[-1], 3)


def test_the_remotes_branch_is_newer_than_ones_own(origin, tmp_path):
    clone = Clone(tmp_path / "clone", "--branch", "feature", str(origin.folder))
    clone.git("branch", "develop", origin.base[1])
    assert read(clone.folder, "develop").merge_base == origin.base[-1]


def test_what_is_measured_may_not_be_what_is_checked_out(origin):
    found = read(origin.folder, "develop", origin.own[0])
    assert found.ahead == 1
    assert read(origin.folder, "develop", "svn:12345").ahead == 3  # no revision of git: what is checked out


def test_a_folder_inside_of_a_clone_will_do(origin):
    folder = origin.folder / "inner" / "most"
    folder.mkdir(parents=True, exist_ok=True)
    assert read(folder, "develop").ahead == 3


def test_without_a_target_the_parents_are_those_of_the_revision_itself(origin):
    found = read(origin.folder, None)
    assert found.merge_base is None
    assert found.distance(origin.own[-1]) == 0
    assert found.distance(origin.own[0]) == 2
    assert found.distance(origin.base[0]) == 7
    assert found.told is None


def test_of_a_merge_the_first_parents_are_followed(tmp_path):
    clone = Clone(tmp_path / "merged")
    first = clone.commit("first")
    clone.git("switch", "-q", "-c", "side")
    side = clone.commit("side")
    clone.git("switch", "-q", "develop")
    clone.commit("own")
    clone.git("merge", "-q", "--no-ff", "-m", "merged", "side")
    found = read(clone.folder, None)
    assert found.distance(first) == 2
    assert found.distance(side) is None


# --- where others stand ------------------------------------------------------------------------------


def test_a_target_that_went_on_is_beside_the_branch_that_left_it(origin):
    """The commonest case of a pull request: the target's builds are of its tip, which the branch does not have."""
    found = among(read(origin.folder, "develop"), [*origin.base, *origin.later])
    assert found.place(origin.later[-1]) == Place(behind=3, beside=2)
    assert found.place(origin.later[0]) == Place(behind=3, beside=1)
    assert found.distance(origin.later[-1]) == 5
    assert found.place(origin.base[0]) == Place(behind=7), "a parent's is known without asking"
    assert set(found.others) == set(origin.later)


def test_a_revision_that_is_built_upon_what_is_measured_is_ahead(origin):
    found = among(read(origin.folder, "develop", origin.base[2]), [origin.later[-1]])
    assert found.place(origin.later[-1]) == Place(behind=0, beside=4)


def test_a_merged_commit_is_behind_by_all_that_came_after_it(tmp_path):
    clone = Clone(tmp_path / "merged")
    clone.commit("first")
    clone.git("switch", "-q", "-c", "side")
    side = clone.commit("side")
    clone.git("switch", "-q", "develop")
    clone.commit("own")
    clone.git("merge", "-q", "--no-ff", "-m", "merged", "side")
    assert among(read(clone.folder, None), [side]).place(side) == Place(behind=2)


def test_what_is_no_revision_of_this_clone_is_not_known(origin):
    strange = ["f" * 40, "svn:12345", "--all", "HEAD", None]
    found = among(read(origin.folder, "develop"), strange)
    assert [found.place(each) for each in strange] == [None] * 5
    assert found.others == {}


def test_a_shallow_clone_would_count_what_was_fetched_and_is_not_asked(origin, tmp_path):
    clone = Clone(
        tmp_path / "shallow", "--depth=2", "--no-single-branch", "--branch", "feature", origin.folder.as_uri()
    )
    clone.git("cat-file", "-e", origin.later[-1])
    assert among(read(clone.folder, "develop"), [origin.later[-1]]).place(origin.later[-1]) is None


def test_where_there_is_no_clone_nobody_stands_anywhere(tmp_path):
    assert among(read(tmp_path, "develop"), ["f" * 40]).others == {}
    assert among(Commits(), ["f" * 40]) == Commits()


def test_of_very_many_the_newest_are_looked_for(origin, monkeypatch):
    monkeypatch.setattr(commits, "_BESIDE", 1)
    assert set(among(read(origin.folder, "develop"), origin.later).others) == {origin.later[-1]}


# --- what git does not know --------------------------------------------------------------------------


def test_a_target_that_is_not_there_leaves_the_distances(origin):
    found = read(origin.folder, "release/2")
    assert found.merge_base is None
    assert found.told == "the merge base with release/2 is not known: this clone has no such branch"
    assert found.distance(origin.own[0]) == 2


def test_a_shallow_clone_says_what_helps(origin, tmp_path):
    clone = Clone(
        tmp_path / "shallow",
        "--depth=1",
        "--no-single-branch",
        "--branch",
        "feature",
        origin.folder.as_uri(),
    )
    found = read(clone.folder, "develop")
    assert found.merge_base is None
    assert found.told == (
        "the merge base with develop is not known: they have no commit in common "
        "(the clone is shallow: git fetch --unshallow)"
    )
    assert found.parents == (origin.own[-1],)


def test_branches_without_a_common_commit(tmp_path):
    clone = Clone(tmp_path / "apart")
    clone.commit("one")
    clone.git("switch", "-q", "--orphan", "other")
    own = clone.commit("other")
    found = read(clone.folder, "develop")
    assert found.told.endswith("is not known: they have no commit in common")
    assert found.parents == (own,)


def test_where_there_is_no_clone_nothing_is_known_but_why(tmp_path):
    found = read(tmp_path, "develop")
    assert found.told.startswith("git does not know what is measured here: fatal: not a git repository")
    assert attrs_of(found) == (None, 0, ())


def test_a_clone_without_a_commit(tmp_path):
    found = read(Clone(tmp_path / "empty").folder, "develop")
    assert found.told.startswith("git does not know what is measured here: ")
    assert attrs_of(found) == (None, 0, ())


def test_a_revision_that_is_not_in_the_clone(origin):
    found = read(origin.folder, "develop", "f" * 40)
    assert found.told.startswith("git does not know what is measured here")
    assert found.merge_base is None


def test_a_folder_that_is_not_there(tmp_path):
    assert read(tmp_path / "none", None).told.startswith("git does not know")


def test_a_machine_without_git(origin, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert read(origin.folder, "develop").told == (
        "git does not know what is measured here: there is no git on this machine"
    )


def test_a_git_that_hangs_is_left(origin, tmp_path, monkeypatch):
    program = tmp_path / "git"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(commits, "_DEADLINE_S", 0.2)
    with pytest.raises(GitError, match="did not end well: TimeoutExpired"):
        run_git(origin.folder, ("rev-parse", "HEAD"))


@pytest.mark.parametrize(
    "target", ["--upload-pack=x", "-x", "a b", "x\ny", "develop^{tree}", "../develop", "é"]
)
def test_a_strange_targets_name_is_nothing_but_a_branch_that_is_not_there(origin, target):
    found = read(origin.folder, target)
    assert found.merge_base is None
    assert "this clone has no such branch" in found.told
    assert found.told.isprintable()


def test_variables_of_a_hook_do_not_lead_elsewhere(origin, tmp_path, monkeypatch):
    other = Clone(tmp_path / "other")
    other.commit("other")
    monkeypatch.setenv("GIT_DIR", str(other.folder / ".git"))
    assert read(origin.folder, "develop").merge_base == origin.base[-1]


def test_nothing_is_known_of_nothing():
    assert Commits().distance("f" * 40) is None


def attrs_of(found):
    return found.merge_base, found.ahead, found.parents


def test_git_gets_no_token(origin, monkeypatch):
    """An alias of git's runs a program of anybody's."""
    monkeypatch.setenv("TCPERF_TEAMCITY_TOKEN", "secret-token")
    told = run_git(origin.folder, ("-c", "alias.tell=!env", "tell"))
    assert "PATH=" in told
    assert "secret-token" not in told
