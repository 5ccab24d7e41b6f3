"""The launchers for Slurm, one machine and one GPU: what they would run, and what they do."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from acolvit_jax.training.metrics_log import read_metrics
from tests.integration.commands import QUICKLY_COMPILED, SMALL
from tests.launch.scripts import ROOT, TRAINING, launch
from tests.photos import make_folder

SCRIPTS = ["tpu", "slurm", "local", "one_gpu", "released", "measure"]


@pytest.mark.parametrize("script", SCRIPTS)
def test_shellcheck_has_nothing_to_say(script):
    shellcheck = shutil.which("shellcheck")
    if shellcheck is None:
        pytest.skip("shellcheck is not installed")
    done = subprocess.run(
        [shellcheck, "-x", f"launch/{script}.sh", "launch/common.sh"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.stdout == ""


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_and_unknown_options(script):
    assert os.access(ROOT / "launch" / f"{script}.sh", os.X_OK)
    status, out, _ = launch(script, "--help")
    assert status == 0
    assert "--dry_run" in out
    first = ["create"] if script == "tpu" else []
    status, _, err = launch(script, *first, "--nonsense")
    assert status == 2
    assert err.startswith("error: unknown option --nonsense")


@pytest.mark.parametrize("script", ["slurm", "local"])
def test_training_arguments_are_needed(script):
    status, _, err = launch(script)
    assert (status, "no training arguments" in err) == (2, True)


def test_slurm_asks_for_a_process_a_gpu_and_goes_on_after_its_time():
    status, out, _ = launch("slurm", "--nodes", "2", "--gpus", "4", "--dry_run", *TRAINING)
    assert status == 0
    assert out.startswith("sbatch ")
    for part in (
        "--nodes=2",
        "--ntasks-per-node=4",
        "--signal=TERM@120",
        "--requeue",
        "--distributed",
        "srun --cpus-per-task=12 python",
    ):
        assert part in out


@pytest.mark.parametrize(
    ("code", "restarts", "requeued"),
    [
        (0, 0, ""),
        (1, 0, ""),
        (75, 0, "requeue 7\n"),
        (134, 0, "requeue 7\n"),
        (134, 1, "requeue 7\n"),
        (75, 2, "requeue 7\n"),  # the time was over: as often as it takes
        (134, 2, ""),  # --restarts 2 are done
    ],
)
def test_a_slurm_job_is_queued_again_as_its_exit_code_asks(tmp_path, code, restarts, requeued):
    """The job that sbatch gets, run by sh as Slurm does, with programs that record their calls."""
    programs = {
        "sbatch": f'printf "%s" "${{@: -1}}" >{tmp_path}/job',
        "srun": f'printf "%s\\n" "$@" >{tmp_path}/task && exit {code}',
        "scontrol": f'echo "$*" >>{tmp_path}/requeues',
    }
    for name, text in programs.items():
        (tmp_path / name).write_text(f"#!/usr/bin/env bash\n{text}\n")
        (tmp_path / name).chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "SLURM_JOB_ID": "7"}
    status, _, err = launch("slurm", "--restarts", "2", *TRAINING, env=env)
    assert (status, err) == (0, "")
    job = (tmp_path / "job").read_text().removeprefix("--wrap=")
    again = {"SLURM_RESTART_COUNT": str(restarts)} if restarts else {}
    done = subprocess.run(["/bin/sh", "-c", job], env=env | again, capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (code, b"")
    assert (tmp_path / "task").read_text().splitlines() == [
        "--cpus-per-task=12",
        "python",
        "-m",
        "acolvit_jax.train",
        "--distributed",
        *TRAINING[1:],
    ]
    calls = tmp_path / "requeues"
    assert (calls.read_text() if calls.exists() else "") == requeued


def test_one_gpu_goes_from_checks_to_scores(tmp_path):
    photos = make_folder(tmp_path / "photos", 1)
    extra = ["--", "--config.model.dtype=bfloat16"]
    status, out, err = launch("one_gpu", "--dry_run", str(photos), str(tmp_path / "o"), "9", *extra)
    assert status == 0, err
    commands = out.splitlines()
    wanted = [
        "python -c ",
        "pytest -q tests/models tests/training/test_step.py",
        "benchmarks.accelerator --size tiny --batch 256",
        f"--workdir {tmp_path}/o/trial-",
        f"--workdir {tmp_path}/o/run --config.train.steps=STEPS",
        f"convert {tmp_path}/o/run {tmp_path}/o/weights.safetensors --to weights",
        f"--checkpoint before=pretrained-dense after={tmp_path}/o/weights.safetensors",
    ]
    places = [next(i for i, c in enumerate(commands) if part in c) for part in wanted]
    assert places == sorted(places)
    training = commands[places[4]]
    assert "--config configs/released.py:dense --config.data.path=" in training
    assert "--config.data.dataset=folder --config.data.device_side=224" in training
    assert "--config.model.dtype=bfloat16" in training
    assert not (tmp_path / "o").exists()
    (photos / "index.json").write_text("{}")
    _, out, _ = launch("one_gpu", "--dry_run", str(photos), str(tmp_path / "o"), "9")
    assert "--config.data.dataset=records" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["HERE", "out"], "wanted PHOTOS OUT MINUTES"),
        (["HERE", "out", "soon"], "MINUTES is 'soon'"),
        (["/nowhere", "out", "3"], "no folder at /nowhere"),
        (
            ["HERE", "HERE/out", "3", "--validation", "/no"],
            "error: --validation /no cannot be scored",
        ),
        (["HERE", "HERE/out", "3", "--validation", "nonsense:x"], "error: --validation nonsense:x"),
        (["--batch"], "--batch needs a value"),
        (["--batch", "--dry_run", "HERE", "out", "3"], "--batch needs a value"),
        (["HERE", "out", "3", "--batch", "0"], "--batch is '0', not a whole number from 1 to"),
        (["HERE", "out", "3", "--images", "-1"], "--images is '-1', not a whole number from 0 to"),
        (["HERE", "out", "3", "--clicks", "x"], "--clicks is 'x', not"),
        (["HERE", "out", "3", "--", "--config.train.batch_size=64"], "=64: use --batch"),
        (["HERE", "out", "3", "--", "-config.train.init_from", "m"], "init_from: use --from"),
    ],
)
def test_one_gpu_refuses_what_it_cannot_do(arguments, message, tmp_path):
    status, _, err = launch("one_gpu", *(a.replace("HERE", str(tmp_path)) for a in arguments))
    assert status == 2
    assert message in err


@pytest.mark.parametrize(
    ("script", "option", "value"),
    [
        ("local", "--processes", "0"),
        ("local", "--processes", "two"),
        ("local", "--port", "http"),
        ("local", "--port", "65536"),
        ("local", "--restarts", "-1"),
        ("slurm", "--nodes", "abc"),
        ("slurm", "--gpus", "0"),
        ("slurm", "--cpus", "1.5"),
        ("slurm", "--restarts", "08"),
    ],
)
def test_numbers_that_are_none_are_refused(script, option, value):
    status, out, err = launch(script, option, value, "--dry_run", *TRAINING)
    assert (status, out) == (2, "")
    assert err.startswith(f"error: {option} is '{value}', not a whole number from ")


def one_gpu_that_fails(tmp_path, **sizes):
    """Runs one_gpu.sh: a trial of a model of some sizes ends well, the run fails."""
    photos, out = make_folder(tmp_path / "photos", 1), tmp_path / "o"
    sizes = json.dumps({"model": {"image_size": 224, "hint_size": 2} | sizes})
    python = tmp_path / "python"
    python.write_text(
        f"""#!/usr/bin/env bash
        case "$*" in
        "- "*) exec {sys.executable} "$@" ;;
        *"/trial-"*)
          trial=$(sed 's/.*--workdir \\([^ ]*\\).*/\\1/' <<<"$*")
          mkdir -p "$trial" && echo '{{"images_per_second": 512}}' >"$trial/metrics.jsonl"
          echo '{sizes}' >"$trial/config.json" ;;
        *"/run "*) echo "${{@: -1}}" >>{tmp_path}/planned && exit 1 ;;
        esac
        """
    )
    python.chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    return launch("one_gpu", str(photos), str(out), "1", env=env)


@pytest.mark.parametrize("size", [{"image_size": 112}, {"hint_size": 4}])
def test_one_gpu_trains_no_model_that_cannot_be_scored(tmp_path, size):
    """Wherever its size comes from: a config of one's own, or the model that is trained on."""
    status, _, err = one_gpu_that_fails(tmp_path, **size)
    image, hint = ({"image_size": 224, "hint_size": 2} | size).values()
    assert status == 2
    assert (
        f"error: image and hint size are {image} {hint}, and models of 224 and 2 are scored" in err
    )
    assert not (tmp_path / "planned").exists()


def test_one_gpu_goes_on_from_what_was_trained(tmp_path):
    """Minutes of a training that failed are planned again, for the checkpoint alone counts."""
    for _ in range(2):
        status, _, err = one_gpu_that_fails(tmp_path)
        assert (status, "run this again" in err) == (2, True)
        for name in ("40", "9", "160.orbax-checkpoint-tmp"):
            (tmp_path / "o" / "run" / "checkpoints" / name).mkdir(parents=True, exist_ok=True)
    assert (tmp_path / "planned").read_text().split() == [
        f"--config.train.steps={n}" for n in (120, 160)
    ]


def test_each_local_process_has_a_gpu_of_its_own(tmp_path):
    smi = tmp_path / "nvidia-smi"
    smi.write_text("#!/usr/bin/env bash\nprintf '0\\n1\\n2\\n'\n")
    smi.chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}

    def gpus(*options, **more):
        status, out, err = launch("local", *options, "--dry_run", *TRAINING, env=env | more)
        assert status == 0, err
        return [line.split("CUDA_VISIBLE_DEVICES=")[-1].split()[0] for line in out.splitlines()]

    assert gpus() == ["0", "1", "2"]
    assert gpus("--processes", "2") == ["0", "1"]
    assert gpus(CUDA_VISIBLE_DEVICES="5,3") == ["5", "3"]
    assert gpus(CUDA_VISIBLE_DEVICES="") == ["python", "python"]  # no GPU is wanted
    status, _, err = launch("local", "--processes", "4", "--dry_run", *TRAINING, env=env)
    assert (status, err) == (2, "error: --processes 4: there are only 3 GPUs\n")


def test_a_real_error_of_one_process_ends_all_and_names_itself(tmp_path):
    """Process 0 loses its peer (134); process 1 had the error."""
    python = tmp_path / "python"
    python.write_text(
        f"#!/usr/bin/env bash\necho started >> {tmp_path}/starts\n"
        '[[ "$*" == *"--process_id 1"* ]] && exit 1\nexit 134\n'
    )
    python.chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    status, _, err = launch("local", *TRAINING, env=env)
    assert (status, err) == (1, "")
    assert (tmp_path / "starts").read_text().count("started") == 2


def test_a_run_that_stops_for_ever_is_started_so_many_times(tmp_path):
    (tmp_path / "python").write_text("#!/usr/bin/env bash\nexit 75\n")
    (tmp_path / "python").chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    status, _, err = launch("local", "--restarts", "2", *TRAINING, env=env)
    assert status == 75
    assert [line[-8:] for line in err.splitlines()] == ["(1 of 2)", "(2 of 2)"]


def test_two_local_processes_train(tmp_path):
    photos = make_folder(tmp_path / "photos", 40)
    training = ["--config", "configs/tiny.py:0.5,folder", f"--config.data.path={photos}"]
    training += [f"--workdir={tmp_path / 'run'}", *SMALL, "--config.train.steps=2"]
    env = {"XLA_FLAGS": f"--xla_force_host_platform_device_count=2 {QUICKLY_COMPILED}"}
    status, out, err = launch("local", "--port", "18475", "--", *training, env=env)
    assert status == 0, err
    assert "validation after 2 steps" in out
    assert [e["step"] for e in read_metrics(tmp_path / "run") if "loss" in e] == [1, 2]
