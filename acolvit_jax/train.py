"""Command line: `python -m acolvit_jax.train --config configs/tiny.py:0.5 [--workdir DIR]`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from absl import flags
from ml_collections import config_flags

from acolvit_jax import cli
from acolvit_jax.config import Config
from acolvit_jax.config_dict import from_config_dict
from acolvit_jax.errors import ConfigError, UserError


def main(argv: Sequence[str]) -> None:
    """Trains as the arguments say, and prints where the results are.

    Args:
        argv: arguments after the program's name.

    Raises:
        UserError: for what the person can mend.
    """
    config, workdir = _parse(argv)
    from acolvit_jax.training.checkpoints import silence_failed_saves
    from acolvit_jax.training.loop import train
    from acolvit_jax.training.summary import announce, conclude

    silence_failed_saves()
    print(announce(config, workdir), flush=True)
    print(conclude(train(config, workdir)), flush=True)


def _parse(argv: Sequence[str]) -> tuple[Config, Path]:
    """Reads the flags, through the config file and its overrides."""
    values = flags.FlagValues()
    config = config_flags.DEFINE_config_file(
        "config", None, "Config file: configs/SIZE.py:BUDGET[,DATASET]", flag_values=values
    )
    workdir = flags.DEFINE_string(
        "workdir",
        "",
        "Folder of the run; the same folder resumes. Default: runs/NAME",
        flag_values=values,
    )
    flags.DEFINE_bool("help", False, "Show this help.", short_name="h", flag_values=values)
    try:
        rest = values(["acolvit_jax.train", *argv])[1:]
        if values["help"].value:
            print(f"{__doc__}\n\n{values.main_module_help()}")
            raise SystemExit(0)
        if rest:
            raise ConfigError(f"unexpected arguments {rest}; flags are --config and --workdir")
        if not values["config"].present:
            raise ConfigError("--config is missing; for example --config configs/tiny.py:0.5")
        file = config_flags.get_config_filename(values["config"])
        if not Path(file.split(":", 1)[0]).is_file():
            raise ConfigError(f"no config file at {file}; for example configs/tiny.py:0.5")
        built = from_config_dict(config.value)
    except UserError:
        raise
    except (flags.Error, AttributeError, KeyError, TypeError, ValueError, OSError) as error:
        raise ConfigError(str(error).split("\n", 1)[0]) from error
    return built, Path(workdir.value or Path("runs") / built.name)


if __name__ == "__main__":
    cli.run(main)
