"""The launcher for Cloud TPU, against a gcloud that records its calls and can fail."""

import os
import subprocess

import pytest

from tests.launch.scripts import TRAINING, launch

WHERE = ["--name", "mine", "--zone", "us-x1"]
# Each describe gives the next line of `states`, the last one for ever; each ssh that asks for the
# exit code the next line of `codes`. OFFLINE is a gcloud that cannot ask.
GCLOUD = """#!/usr/bin/env bash
echo "$*" >> "$FAKE/calls"
next() { head -n 1 "$FAKE/$1"; [ "$(wc -l < "$FAKE/$1")" -le 1 ] || sed -i 1d "$FAKE/$1"; }
case "$*" in
*describe*) state=$(next states)
  [ "$state" != ABSENT ] || { echo "ERROR: NOT_FOUND: Resource was not found" >&2; exit 1; }
  [ "$state" != OFFLINE ] || { echo "ERROR: no connection" >&2; exit 1; }
  echo "$state" ;;
*train.exit*cat*|*"cat acolvit_jax/train.exit"*) next codes ;;
*create*) [ ! -e "$FAKE/quota" ] || { echo "no quota" >&2; exit 1; } ;;
esac
"""


@pytest.fixture
def gcloud(tmp_path):
    """A fake gcloud; returns its folder."""
    program = tmp_path / "bin" / "gcloud"
    program.parent.mkdir()
    program.write_text(GCLOUD)
    program.chmod(0o755)
    (tmp_path / "states").write_text("ACTIVE\n")
    (tmp_path / "codes").write_text("\n")
    return tmp_path


def tpu(gcloud, *arguments):
    env = {"PATH": f"{gcloud / 'bin'}:{os.environ['PATH']}", "FAKE": str(gcloud)}
    result = launch("tpu", *arguments, env=env)
    calls = gcloud / "calls"
    return *result, calls.read_text().splitlines() if calls.exists() else []


def test_create_waits_and_is_safe_to_run_twice(gcloud):
    (gcloud / "states").write_text("ABSENT\nWAITING_FOR_RESOURCES\nPROVISIONING\nACTIVE\n")
    status, _, err, calls = tpu(gcloud, "create", *WHERE, "--spot", "--poll", "0")
    assert status == 0, err
    assert [c for c in calls if "queued-resources create" in c] == [
        "compute tpus queued-resources create mine --node-id mine --accelerator-type v5litepod-8 "
        "--runtime-version v2-alpha-tpuv5-lite --spot --zone us-x1"
    ]
    status, _, err, calls = tpu(gcloud, "create", *WHERE, "--poll", "0")
    assert "mine exists" in err
    assert sum("queued-resources create" in c for c in calls) == 1


@pytest.mark.parametrize(
    ("kind", "zone", "version"),
    [
        ("v4-8", "us-central2-b", "tpu-ubuntu2204-base"),
        ("v5litepod-8", "us-west4-a", "v2-alpha-tpuv5-lite"),
        ("v5p-64", "us-east5-a", "v2-alpha-tpuv5"),
        ("v6e-8", "us-east5-a", "v2-alpha-tpuv6e"),
    ],
)
def test_the_runtime_is_that_of_the_type(gcloud, kind, zone, version):
    options = ["--name", "mine", "--zone", zone, "--type", kind, "--dry_run"]
    status, out, err, _ = tpu(gcloud, "create", *options)
    assert status == 0, err
    assert f"--accelerator-type {kind} --runtime-version {version}" in out


@pytest.mark.parametrize(
    ("kind", "zone", "said"),
    [
        ("v5litepod-8", "us-central2-b", "error: --type v5litepod-8 is not in zone us-central2-b"),
        ("v4-8", "us-west4-a", "error: --type v4-8 is not in zone us-west4-a"),
        ("v9-8", "us-west4-a", "error: --type v9-8: its runtime version is not known here"),
    ],
)
def test_types_and_zones_that_do_not_go_together_are_refused(gcloud, kind, zone, said):
    status, _, err, calls = tpu(gcloud, "watch", "--name", "m", "--zone", zone, "--type", kind)
    assert (status, calls) == (2, [])
    assert err.startswith(said)


def test_the_workers_get_a_python_that_jax_supports(gcloud, tmp_path):
    """The command sent to the workers, run here with a uv and a curl that record their calls."""
    *_, calls = tpu(gcloud, "install", *WHERE)
    remote = calls[-1].split("--command=", 1)[1]
    home = tmp_path / "home"
    programs = tmp_path / "programs"
    programs.mkdir()
    installer = (
        'mkdir -p "$HOME/.local/bin"; echo "echo \\"\\$*\\" >> $HOME/uv" > "$HOME/.local/bin/uv"; '
        'chmod +x "$HOME/.local/bin/uv"'
    )
    (programs / "curl").write_text(f"#!/bin/bash\ncat <<'END'\n{installer}\nEND\n")
    (programs / "tar").write_text("#!/bin/bash\n")
    for program in programs.iterdir():
        program.chmod(0o755)
    home.mkdir()
    env = {"HOME": str(home), "PATH": f"{programs}:/usr/bin:/bin"}
    subprocess.run(["bash", "-c", remote], cwd=home, check=True, timeout=120, env=env)
    assert (home / "uv").read_text().splitlines() == [
        "venv -q --allow-existing --python 3.12 acolvit_jax/.venv",
        "pip install -q --python acolvit_jax/.venv/bin/python ./acolvit_jax[tpu]",
    ]


def test_a_failing_gcloud_ends_the_launch(gcloud):
    (gcloud / "states").write_text("ABSENT\n")
    (gcloud / "quota").touch()
    status, _, err, _ = tpu(gcloud, "create", *WHERE)
    assert status == 1
    assert "no quota" in err
    (gcloud / "quota").unlink()
    (gcloud / "states").write_text("FAILED\n")
    status, _, err, _ = tpu(gcloud, "create", *WHERE)
    assert status == 2
    assert "error: mine is FAILED" in err


def test_watch_starts_again_after_preemption(gcloud):
    (gcloud / "states").write_text("ABSENT\nACTIVE\nACTIVE\nSUSPENDED\nSUSPENDED\nABSENT\nACTIVE\n")
    (gcloud / "codes").write_text("\n75\n\n0\n")
    status, _, err, calls = tpu(gcloud, "watch", *WHERE, "--poll", "0", *TRAINING)
    assert status == 0, err
    kinds = [
        kind
        for call in calls
        for kind in ("resources create", "resources delete", " scp ", "acolvit_jax.train")
        if kind in call
    ]
    once = ["resources create", " scp ", "acolvit_jax.train"]
    assert kinds in (
        [*once, "resources delete", *once, "acolvit_jax.train"],
        [*once, "acolvit_jax.train", "resources delete", *once],
    )
    assert "asking for it again" in err
    assert "starting it again" in err
    assert "training has ended" in err


def test_a_gcloud_that_cannot_ask_changes_nothing(gcloud):
    (gcloud / "states").write_text("ACTIVE\nACTIVE\nOFFLINE\nACTIVE\n")
    (gcloud / "codes").write_text("0\n")
    status, _, err, calls = tpu(gcloud, "watch", *WHERE, "--poll", "0", *TRAINING)
    assert status == 0, err
    assert "no connection" in err
    assert not any("delete" in call or "resources create" in call for call in calls)
    for command in ("create", "delete"):
        (gcloud / "states").write_text("OFFLINE\n")
        (gcloud / "calls").unlink()
        status, _, err, calls = tpu(gcloud, command, *WHERE, "--poll", "0")
        assert status == 2
        assert "error: gcloud does not say" in err
        assert all("describe" in call for call in calls)


def test_watch_gives_up_on_an_error_of_training(gcloud):
    (gcloud / "codes").write_text("2\n")
    status, _, err, _ = tpu(gcloud, "watch", *WHERE, "--poll", "0", *TRAINING)
    assert status == 2
    assert "exit code 2" in err


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        ("0 0 0", "0"),
        ("0 none 0", ""),
        ("134 1 134", "1"),
        ("none 2", "2"),
        ("0 75 134", "75"),
        ("75 none", ""),
    ],
)
def test_the_exit_code_is_that_of_all_workers(gcloud, codes, said):
    (gcloud / "codes").write_text(codes + "\n")
    status, out, err, calls = tpu(gcloud, "status", *WHERE)
    assert (status, out.split()) == (0, ["ACTIVE", *said.split()]), err
    assert "--worker=all" in calls[-1]


def test_the_remote_command_is_what_a_shell_understands(gcloud, tmp_path):
    """The command sent to a worker, run here with a python that records its arguments."""
    *_, calls = tpu(gcloud, "run", *WHERE, *TRAINING)
    remote = calls[-1].split("--command=", 1)[1]
    home = tmp_path / "home"
    python = home / "acolvit_jax" / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/usr/bin/env bash\nprintf "%s\\n" "$@"\nexit 75\n')
    python.chmod(0o755)
    script = f"{remote}\nwait"
    subprocess.run(["bash", "-c", script], cwd=home, check=True, timeout=120)
    assert (home / "acolvit_jax" / "train.log").read_text().splitlines() == [
        *("-m", "acolvit_jax.train", "--distributed"),
        *TRAINING[1:],
    ]
    assert (home / "acolvit_jax" / "train.exit").read_text() == "75\n"


def test_a_run_outside_a_bucket_is_warned_of(gcloud):
    for workdir, warned in (("--workdir=gs://b/run", False), ("--workdir=runs/x", True)):
        training = ["--", "--config", "configs/tiny.py:0.5,imagenet", workdir]
        status, _, err, calls = tpu(gcloud, "run", *WHERE, *training)
        assert (status, "note: without --workdir gs://BUCKET/run" in err) == (0, warned)
        assert workdir in calls[-1]


@pytest.mark.parametrize("option", ["--project", "--name", "--poll"])
def test_no_option_is_a_value(gcloud, option):
    status, out, err, calls = tpu(gcloud, "create", *WHERE, option, "--dry_run")
    assert (status, out, err, calls) == (2, "", f"error: {option} needs a value\n", [])


def test_options_stand_before_and_after_the_command(gcloud):
    for words in (["--dry_run", "create", *WHERE], ["create", *WHERE, "--dry_run"]):
        status, out, err, calls = tpu(gcloud, *words, "--project", "p", "--spot")
        assert (status, calls) == (0, []), err
        assert out.rstrip().endswith("--spot --zone us-x1 --project p")
    for words in ([], ["-h"], ["create", "--help"], [*WHERE, "watch", "-h"]):
        status, out, _, calls = tpu(gcloud, *words)
        assert (status, calls) == (0, [])
        assert out.startswith("Trains on a Cloud TPU")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (WHERE, "wanted one COMMAND, got ''"),
        (["create", "delete", *WHERE], "wanted one COMMAND, got 'create delete'"),
        (["create", *WHERE, "--poll", "soon"], "--poll is 'soon', not a number of seconds"),
    ],
)
def test_what_is_no_command_or_number_is_refused(gcloud, words, said):
    status, out, err, calls = tpu(gcloud, *words)
    assert (status, out, calls) == (2, "", [])
    assert err.startswith(f"error: {said}")


def test_dry_run_touches_nothing(gcloud):
    for command in ("create", "install", "run", "logs", "watch", "delete", "status"):
        status, out, err, calls = tpu(gcloud, command, *WHERE, "--dry_run", *TRAINING)
        assert status == 0, err
        assert out.startswith(("gcloud ", "git "))
        assert calls == []
