"""The command ``python -m benchmarks``: what there is to measure, one subcommand each."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import (
    animation,
    command,
    defaults,
    encoding,
    error,
    everything,
    files,
    large,
    light,
    look,
    memory,
    publish,
    scale,
    scaling,
    size,
    speed,
    swatches,
    versions,
)
from benchmarks.look import compare, judge, make
from benchmarks.pictures import IMAGES
from benchmarks.records import measured, write_record

BENCHMARKS = {
    "animation": animation,
    "command": command,
    "defaults": defaults,
    "encoding": encoding,
    "error": error,
    "judge": judge,
    "large": large,
    "light": light,
    "look": look,
    "memory": memory,
    "scale": scale,
    "scaling": scaling,
    "size": size,
    "speed": speed,
    "swatches": swatches,
    "versions": versions,
}


def parse_arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Compare pil_kmeans with its peers. Pictures come from the folder "
        "../shared/images beside the project where it exists, else from the "
        "photographs that scikit-image and scikit-learn ship.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    others = {"all": everything, "files": files, "compare": compare, "make": make, "publish": publish}
    for name, module in sorted({**others, **BENCHMARKS}.items()):
        subparser = commands.add_parser(
            name,
            help=module.__doc__.partition("\n")[0],
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if name not in ("compare", "files", "judge", "publish"):
            subparser.add_argument(
                "--images",
                type=Path,
                default=IMAGES,
                metavar="FOLDER",
                help="folder of pictures with best_known_mse.json (default: %(default)s)",
            )
        if name in BENCHMARKS:
            subparser.add_argument(
                "--json",
                type=Path,
                metavar="FILE",
                help="also write every figure, with the versions of all libraries and the machine they ran on",
            )
        module.add_arguments(subparser)
    return parser.parse_args(words)


def run_part(words: Sequence[str]) -> dict[str, Any]:
    """The record of one benchmark, for `everything`."""
    arguments = parse_arguments(words)
    return measured(BENCHMARKS[arguments.command], arguments, words)


def main(words: Sequence[str]) -> int:
    arguments = parse_arguments(words)
    if arguments.command == "publish":
        return publish.run(arguments)
    if arguments.command == "files":
        return files.run(arguments)
    if arguments.command == "compare":
        return compare.run(arguments)
    if arguments.command == "make":
        return make.run(arguments, words)
    if arguments.command == "all":
        everything.run(arguments, run_part)
        return 0
    record = run_part(words)
    if arguments.json is not None:
        write_record(arguments.json, record)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
