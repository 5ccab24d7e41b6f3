"""Command line: `python -m acolvit_jax.colorize PHOTO_OR_FOLDER [--hint ROW,COL:COLOR ...]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace

from acolvit_jax.common import cli
from acolvit_jax.common.errors import HintError, ImageError
from acolvit_jax.common.names import spelled
from acolvit_jax.common.places import place
from acolvit_jax.common.progress import Progress
from acolvit_jax.config import arguments
from acolvit_jax.hints import Hint
from acolvit_jax.hints.text import HintList, parse_hint, read_hints

FORMATS = {"avif": ".avif", "jpeg": ".jpg", "png": ".png", "tiff": ".tif", "webp": ".webp"}
LAYERS = {"png": ("layer",), "tiff": ("layers",)}  # of `photo.outputs.OUTPUTS`


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    parser = cli.ArgumentParser(
        prog="python -m acolvit_jax.colorize",
        description="Colorizes a photo, or every photo of a folder, with or without hints.",
    )
    parser.add_argument("source", type=cli.path, help="a photo, or a folder of photos")
    parser.add_argument(
        "--hint",
        action="append",
        default=[],
        metavar="ROW,COL:COLOR",
        help="a color on a pixel of the photo, repeatable: #rrggbb, a CSS name, lab:A,B or keep "
        "(as without hints); then :size=4 and :reach=48 where wanted",
    )
    parser.add_argument(
        "--hints",
        type=cli.path,
        metavar="FILE.json",
        help='[{"row": 40, "column": 120, "color": "#c03020"}, ...], for a folder by file name '
        "or by path below it",
    )
    parser.add_argument("--output", help="file, or folder (NAME/); default: SOURCE_color")
    parser.add_argument(
        "--compare",
        action="store_true",
        help="with each result, also write grey with hints beside it",
    )
    parser.add_argument(
        "--format",
        choices=sorted(FORMATS),
        help="of results without a suffix of their own (the photo's own where it can be written)",
    )
    parser.add_argument(
        "--layer",
        choices=sorted(LAYERS),
        help="with each result, also write its color alone for an editor's mode 'color': "
        "NAME_layer.png, transparent, or NAME_layers.tif, over the grey photo; of a folder's "
        "photos NAME.png_layer.png",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace what exists")
    parser.add_argument(
        "--max_pixels",
        type=int,
        help="largest photo to read (as many pixels as this machine's memory can hold at work)",
    )
    parser.add_argument(
        "--exact_hints",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="keep hints' colors exactly, spread over their surroundings (the default)",
    )
    parser.add_argument("--saturation", type=float, default=1.0, help="of the result, 0 to 2 (1)")
    parser.add_argument("--warmth", type=float, default=0.0, help="of the result, -1 to 1 (0)")
    arguments.add_model_arguments(parser)
    parser.add_argument(
        "--json", action="store_true", help="a line of JSON for every photo or page"
    )
    return parser


def main(argv: Sequence[str]) -> int:
    """Colorizes as the arguments say.

    Args:
        argv: arguments after the program's name.

    Returns:
        0, or 1 if some photos of a folder failed.

    Raises:
        UserError: for what the person can mend.
    """
    args = parser().parse_args(argv)
    if args.output is not None and not (args.output and place(args.output).name):
        raise ImageError(f"--output {args.output!r} names no file or folder")
    if not args.source.exists():
        raise ImageError(f"{args.source}: no such file or folder")
    hints = _hints(args)
    from acolvit_jax.common.jax_settings import settle_jax
    from acolvit_jax.inference import jobs, plans, result_files
    from acolvit_jax.inference.colorizer import Colorizer
    from acolvit_jax.inference.compilation import keep_compiled_programs
    from acolvit_jax.inference.finish import Finish

    finish = Finish(args.saturation, args.warmth)
    options = jobs.Options(args.exact_hints, finish, args.overwrite, args.max_pixels)
    suffix = FORMATS.get(args.format)
    kinds = [*([result_files.COMPARE] if args.compare else []), *LAYERS.get(args.layer, ())]
    folder = args.source.is_dir()
    if folder:
        by_name = hints if isinstance(hints, dict) else {}
        work, notes, problems = plans.plan_folder(args.source, args.output, by_name, suffix, kinds)
        for note in notes:
            print(f"warning: {note}", file=sys.stderr)
    else:
        own = _own(hints, args.source.name)
        job = plans.plan_photo(args.source, args.output, own.hints, args.overwrite, suffix, kinds)
        work = [replace(job, hinted=own.photo)]
    settle_jax()
    keep_compiled_programs()
    colorizer = Colorizer.from_pretrained(args.checkpoint, budget=args.budget, dtype=args.dtype)
    print(f"compiled in {colorizer.engine.compile_seconds:.2f} s", file=sys.stderr)
    if not folder:
        done = jobs.run_job(colorizer, work[0], options)
        for note in done.notes:
            print(f"warning: {work[0].source}: {note}", file=sys.stderr)
        print(done.json_lines if args.json else f"{work[0].target}: {done.summary}")
        return 0
    with Progress(len(work), quiet=args.json) as progress:

        def report(job: result_files.Job, done: jobs.Done | None, message: str) -> None:
            progress.advance()
            if done is not None and message:
                print(f"warning: {job.source}: {message}", file=sys.stderr)
            if args.json and done is not None:
                print(done.json_lines, flush=True)
            elif done is None and message != "exists":
                print(f"warning: {message}", file=sys.stderr)
            elif done is not None:
                progress.say(str(job.target))

        tally = jobs.run_jobs(colorizer, work, options, report)
    failed = len(tally.failed) + len(problems)
    summary = f"{tally.done} done, {tally.skipped} were there already, {failed} failed"
    print(summary, file=sys.stderr if args.json else sys.stdout)
    return 1 if failed else 0


def _own(hints: HintList | dict[str, list[Hint]], name: str) -> HintList:
    """The hints of one photo."""
    if isinstance(hints, HintList):
        return hints
    by_name = {spelled(key): own for key, own in hints.items()}
    if spelled(name) not in by_name:
        raise HintError(f"no hints for {name!r} in the file; it has {', '.join(hints) or 'none'}")
    return HintList(by_name[spelled(name)])


def _hints(args: argparse.Namespace) -> HintList | dict[str, list[Hint]]:
    """Hints of the command line and of the file."""
    hints = [parse_hint(text) for text in args.hint]
    if args.source.is_dir() and hints:
        raise HintError("--hint is for one photo; for a folder use --hints FILE.json by file name")
    if args.hints is None:
        return HintList(hints)
    read = read_hints(args.hints)
    if isinstance(read, HintList):
        if args.source.is_dir():
            raise HintError(f"{args.hints} holds a list; a folder wants lists by file name")
        if hints and read.photo:
            raise HintError(f"{args.hints} is of a photo of its own size; leave --hint out")
        return HintList(read.hints + hints, read.photo)
    if hints:
        raise HintError(f"{args.hints} holds hints by file name; leave --hint out")
    return read


if __name__ == "__main__":
    cli.run(main)
