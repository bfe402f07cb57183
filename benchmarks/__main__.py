"""The command ``python -m benchmarks command|error|look|size|speed|memory``."""

import argparse
import json
from pathlib import Path

from benchmarks import command, error, look, memory, size, speed
from benchmarks.environment import describe_environment, print_environment
from benchmarks.pictures import IMAGES

BENCHMARKS = {"command": command, "error": error, "look": look, "size": size, "speed": speed, "memory": memory}


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Compare pil_kmeans with its peers. Pictures come from the folder "
        "../shared/images beside the project where it exists, else from the "
        "photographs that scikit-image and scikit-learn ship.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, module in BENCHMARKS.items():
        subparser = commands.add_parser(
            name,
            help=module.__doc__.partition("\n")[0],
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        subparser.add_argument(
            "--json",
            type=Path,
            metavar="FILE",
            help="also write every figure, with the versions of all libraries and the machine they ran on",
        )
        subparser.add_argument(
            "--images",
            type=Path,
            default=IMAGES,
            metavar="FOLDER",
            help="folder of pictures with best_known_mse.json (default: %(default)s)",
        )
        module.add_arguments(subparser)
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    environment = describe_environment()
    print_environment(environment)
    results = BENCHMARKS[arguments.command].run(arguments)
    if arguments.json is not None:
        record = {"environment": environment, "results": results}
        arguments.json.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
