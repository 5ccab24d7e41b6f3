"""The README's training command as it stands, its relatives, and what is done with the result."""

import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

from acolvit_jax.photo import images
from acolvit_jax.train import main
from acolvit_jax.training.metrics_log import read_metrics
from tests.integration.commands import NARROW, ROOT, environment, output, refusal, run


def readme_command() -> list[str]:
    """The training command of the README, without the installation before it."""
    section = (ROOT / "README.md").read_text().split("<!-- train -->", 1)[1]
    line = section.split("```bash\n", 1)[1].split("\n```", 1)[0]
    command = line.rpartition("&& ")[2].split()
    assert command[:2] == ["python", "-m"]
    return [sys.executable, *command[1:]]


def shell(command: list[str], folder) -> str:
    """Output of a command that succeeds, run in a folder."""
    done = subprocess.run(
        command, cwd=folder, env=environment(1), capture_output=True, text=True, timeout=1200
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def scores(out: str) -> tuple[dict[int, float], dict[int, float], float]:
    """PSNR and gain over grey by number of hints, and the keep ratio, of the last table."""
    heading, psnr, gain = (
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in out.splitlines()
        if re.match(r"\|( *\||( PSNR, dB| over grey))", line)
    )
    counts = [int(cell.split()[0]) for cell in heading if "hint" in cell]
    by_count = [
        dict(zip(counts, map(float, row[1 : 1 + len(counts)]), strict=True)) for row in (psnr, gain)
    ]
    return by_count[0], by_count[1], float(psnr[1 + len(counts)])


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """Folder and output of the README's command, run in a folder that has the configs."""
    folder = tmp_path_factory.mktemp("first")
    shutil.copytree(ROOT / "configs", folder / "configs")
    return folder, shell(readme_command(), folder)


def test_it_ends_in_color(first):
    psnr, gain, keep = scores(first[1])
    assert psnr[1] >= 22.3
    assert psnr[10] >= 24.9
    assert psnr[50] >= 26.0
    assert psnr[1] + 1 < psnr[10] < psnr[50] - 0.5
    assert keep == pytest.approx(0.5, abs=0.03)
    grey = {count: psnr[count] - gain[count] for count in psnr}
    assert max(grey.values()) - min(grey.values()) < 0.02
    assert gain[1] > 2


def test_it_says_where_it_starts_and_what_it_is_worth_from_the_first_line_on(first):
    folder, out = first
    assert "start: the weights of pretrained-dense" in out
    assert "From nothing: --config.train.init_from= --config.train.teacher=" in out
    assert "the colors of pretrained-dense are learned" in out
    assert re.search(r"compiled in \d+ s", out)
    lines = [line for line in out.splitlines() if "images/s" in line]
    assert all(re.search(r" [+-]\d+\.\d\d dB over grey", line) for line in lines)
    record = [line for line in read_metrics(folder / "runs" / "tiny-0.5-sample") if "loss" in line]
    assert np.mean([line["over_grey"] for line in record[-3:]]) > 3


def test_its_picture_shows_photos_hints_results_and_layers(first):
    folder, out = first
    path = re.search(r"look at it: (.+)", out)[1]
    picture = images.read_image(folder / path)
    assert picture.shape[0] > 4 * 224
    assert picture.shape[1] > 6 * 224
    chroma = np.ptp(picture.astype(int), axis=-1)[:, 240:].mean(axis=1)  # of each row of pixels
    grey, hints, result, truth = (chroma[26 + 230 * i : 250 + 230 * i].mean() for i in range(4))
    assert grey < 0.1 < hints < result
    assert result == pytest.approx(truth, rel=0.4)


def test_the_three_commands_that_it_ends_with_work(first):
    folder, out = first
    commands = [
        line.split() for line in out.splitlines() if line.startswith("  python -m acolvit_jax.")
    ]
    assert [command[2] for command in commands] == [
        "acolvit_jax.colorize",
        "acolvit_jax.serve",
        "acolvit_jax.evaluate",
    ]
    colorize, serve, evaluate = ([sys.executable, *command[1:]] for command in commands)
    assert "colors.png" in shell(colorize, folder)
    assert images.read_image(folder / "runs" / "tiny-0.5-sample" / "colors.png").ndim == 3
    shell([*evaluate, "--hints", "1", "--max_images", "2"], folder)
    assert (folder / "runs" / "tiny-0.5-sample" / "report" / "report.md").is_file()
    server = subprocess.Popen(
        [*serve, "--port", "0", "--no_browser"],
        cwd=folder,
        env=environment(1),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert any("serving on http://" in line for line in server.stdout)
    finally:
        server.terminate()
        server.communicate(timeout=60)


@pytest.mark.parametrize(
    ("budget", "steps", "least", "within"), [("0.3", 30, 24.2, 0.05), ("any", 6, 23.0, 0.1)]
)
def test_other_budgets_start_in_color_too(tmp_path, budget, steps, least, within):
    few = [f"--config.train.steps={steps}", f"--config.train.eval_every={steps}"]
    few.append("--config.train.batch_size=8")
    status, out, err = run(
        "train", "--config", f"configs/tiny.py:{budget}", f"--workdir={tmp_path}", *few, devices=1
    )
    assert status == 0, err
    psnr, _, keep = scores(out)
    assert psnr[10] >= least
    assert psnr[1] < psnr[10] < psnr[50]
    assert keep == pytest.approx(0.5 if budget == "any" else 0.3, abs=within)


NEXT_TO_NOTHING = (
    *(NARROW, "--config.model.num_heads=2", "--config.model.depth=1"),
    *("--config.train.steps=1", "--config.validation.max_images=1"),
)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("configs/small.py:0.5", "expect brownish pictures"),
        ("configs/tiny.py:dense", "start: from nothing"),
    ],
)
def test_without_weights_to_start_from_it_says_what_to_expect(tmp_path, config, said):
    out = output(main, "--config", config, f"--workdir={tmp_path}", *NEXT_TO_NOTHING)
    assert "start: from nothing" in out
    assert said in out


def test_weights_of_another_size_are_refused(tmp_path):
    flags = ["--config", "configs/tiny.py:0.5", f"--workdir={tmp_path}", "--config.model.width=96"]
    code, message = refusal(main, *flags)
    assert code == 1
    assert "width 192 for 96" in message
