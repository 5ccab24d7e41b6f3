"""Command line: `python -m acolvit_jax.train --config configs/tiny.py:0.5 [--workdir DIR]`."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from acolvit_jax.common import cli
from acolvit_jax.common.errors import ConfigError
from acolvit_jax.common.jax_settings import settle_jax
from acolvit_jax.common.places import place
from acolvit_jax.config import Config

if TYPE_CHECKING:
    from absl import flags

    from acolvit_jax.common.distributed import Cluster

CLUSTER_FLAGS = ("distributed", "coordinator", "num_processes", "process_id")


def main(argv: Sequence[str]) -> None:
    """Trains as the arguments say, and prints where the results are.

    Args:
        argv: arguments after the program's name.

    Raises:
        UserError: for what the person can mend.
    """
    arguments = _parse(argv)
    import jax

    if arguments.cluster is not None:
        from acolvit_jax.common.distributed import join

        join(arguments.cluster)
    settle_jax()
    from acolvit_jax.models.precision import with_dtype
    from acolvit_jax.training.loop import train
    from acolvit_jax.training.summary import announce, conclude

    config, workdir = arguments.config, arguments.workdir
    config = dataclasses.replace(config, model=with_dtype(config.model, config.model.dtype))
    first = jax.process_index() == 0
    if first:
        print(announce(config, workdir), flush=True)
    result = train(config, workdir, arguments.profile)
    if first:
        print(conclude(config, workdir, result), flush=True)


class Arguments(NamedTuple):
    """What the command line said.

    Attributes:
        config: of the run.
        workdir: its folder.
        cluster: the processes to join, None for one alone.
        profile: first and last step of a trace, None for none.
    """

    config: Config
    workdir: Path
    cluster: Cluster | None
    profile: tuple[int, int] | None


def _parse(argv: Sequence[str]) -> Arguments:
    """Reads the flags, through the config file and its overrides."""
    from absl import flags
    from ml_collections import config_flags

    from acolvit_jax.config.build import from_config_dict
    from acolvit_jax.config.files import EXAMPLE, flag_error, read_config_file, split_arguments

    values = flags.FlagValues()
    file, others = split_arguments(argv)
    given = ["acolvit_jax.train", *others]
    workdir = flags.DEFINE_string(
        "workdir",
        None,
        "Folder of the run; the same folder resumes. Default: runs/NAME",
        flag_values=values,
    )
    _define_run_flags(values)
    flags.DEFINE_bool("help", False, "Show this help.", short_name="h", flag_values=values)
    if any(re.fullmatch(r"--?h(elp)?(=.*)?", argument) for argument in given):
        about = "Config file: configs/SIZE.py:BUDGET[,DATASET]"
        flags.DEFINE_string("config", None, about, flag_values=values)
        print(f"{__doc__}\n\n{values.main_module_help()}")
        raise SystemExit(0)
    if not file:
        raise ConfigError(f"--config is missing; for example --config {EXAMPLE}")
    try:
        config = config_flags.DEFINE_config_dict(
            "config", read_config_file(file), flag_values=values, sys_argv=given
        )
        if rest := values(given)[1:]:
            raise ConfigError(f"unexpected arguments {rest}; see --help")
        built = from_config_dict(config.value)
    except (flags.Error, AttributeError, KeyError, TypeError, ValueError) as error:
        raise flag_error(error) from error
    folder = place(Path("runs") / built.name if workdir.value is None else workdir.value)
    cluster = None
    found: dict[str, Any] = values.flag_values_dict()
    if any(found[name] != values[name].default for name in CLUSTER_FLAGS):
        from acolvit_jax.common.distributed import Cluster

        cluster = Cluster(found["coordinator"], found["num_processes"], found["process_id"])
    return Arguments(built, folder, cluster, _profile_steps(found["profile_steps"], built))


def _define_run_flags(values: flags.FlagValues) -> None:
    """Flags of how to run, which are no part of what is run."""
    from absl import flags

    texts = {
        "coordinator": "HOST:PORT of process 0, where --distributed cannot find it.",
        "num_processes": "All processes, with --coordinator.",
        "process_id": "This process, from 0, with --coordinator.",
        "profile_steps": "FIRST,LAST step of a trace for xprof.",
    }
    flags.DEFINE_bool(
        "distributed",
        False,
        "One of many processes, found by itself on TPU pods and under Slurm.",
        flag_values=values,
    )
    flags.DEFINE_string("coordinator", "", texts["coordinator"], flag_values=values)
    flags.DEFINE_integer("num_processes", 0, texts["num_processes"], flag_values=values)
    flags.DEFINE_integer("process_id", -1, texts["process_id"], flag_values=values)
    flags.DEFINE_string("profile_steps", "", texts["profile_steps"], flag_values=values)


def _profile_steps(text: str, config: Config) -> tuple[int, int] | None:
    """Reads `FIRST,LAST`, steps of a run."""
    if not text:
        return None
    match = re.fullmatch(r"(\d{1,18}),(\d{1,18})", text)
    if not match or not 0 < int(match[1]) <= int(match[2]):
        raise ConfigError(f"--profile_steps={text}: wanted FIRST,LAST, for example 10,15")
    if int(match[2]) > config.train.steps:
        raise ConfigError(f"--profile_steps={text}: the run has {config.train.steps:,} steps")
    return int(match[1]), int(match[2])


if __name__ == "__main__":
    cli.run(main)
