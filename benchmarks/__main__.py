"""The command ``python -m benchmarks``: what there is to measure, one subcommand each."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.pictures import IMAGES
from benchmarks.records import measured, write_record

BENCHMARKS = {
    "animation": "benchmarks.animation",
    "command": "benchmarks.command",
    "defaults": "benchmarks.defaults",
    "encoding": "benchmarks.encoding",
    "error": "benchmarks.error",
    "judge": "benchmarks.look.judge",
    "large": "benchmarks.large",
    "light": "benchmarks.light",
    "look": "benchmarks.look",
    "memory": "benchmarks.memory",
    "scale": "benchmarks.scale",
    "scaling": "benchmarks.scaling",
    "size": "benchmarks.size",
    "speed": "benchmarks.speed",
    "swatches": "benchmarks.swatches",
    "versions": "benchmarks.versions",
}
OTHERS = {
    "all": "benchmarks.everything",
    "compare": "benchmarks.look.compare",
    "files": "benchmarks.files",
    "make": "benchmarks.look.make",
    "publish": "benchmarks.publish",
}
MODULES = BENCHMARKS | OTHERS


def parse_arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Compare pil_kmeans with its peers. Pictures come from the folder "
        "../shared/images beside the project where it exists, else from the "
        "photographs that scikit-image and scikit-learn ship.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    # Only what is asked for, since older versions of the package, which `make` is run with, lack what others import.
    for name in [words[0]] if words and words[0] in MODULES else sorted(MODULES):
        module = import_module(MODULES[name])
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
    return measured(import_module(BENCHMARKS[arguments.command]), arguments, words)


def main(words: Sequence[str]) -> int:
    arguments = parse_arguments(words)
    module = import_module(MODULES[arguments.command])
    if arguments.command == "make":
        return module.run(arguments, words)
    if arguments.command == "all":
        module.run(arguments, run_part)
        return 0
    if arguments.command in OTHERS:
        return module.run(arguments)
    record = run_part(words)
    if arguments.json is not None:
        write_record(arguments.json, record)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
