"""The action of action.yml, without GitHub: its steps are run as a workflow would run them.

As a program, with what pip is to install, such as a wheel, and nothing else than PyYAML: installs that by the action's
own step, and compresses a picture.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

ROOT = Path(__file__).parents[1]


def run_action(temporary, done=None, inputs=None, **environment):
    """Run the steps in the folder at hand.

    Parameters
    ----------
    temporary : Path
        The folder for what no one needs afterwards.
    done : mapping, optional
        Steps that are left out, with their outputs.
    inputs : mapping, optional
        None: the defaults.

    Returns
    -------
    outputs : dict
        Of the action.
    page : str
        What stands on the page of the run.
    """
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    outputs = dict(done or {})
    known = {f"inputs.{name}": given["default"] for name, given in action["inputs"].items()}
    known |= {f"inputs.{name}": value for name, value in (inputs or {}).items()} | {"github.action_path": ROOT}
    page = temporary / "page.md"

    def filled(text):
        steps = {f"steps.{step}.outputs.{name}": value for step, of in outputs.items() for name, value in of.items()}
        return re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda found: str((known | steps)[found[1]]), text)

    for step in action["runs"]["steps"]:
        if step["id"] in outputs:
            continue
        assert step["shell"] == "bash"
        file = temporary / f"{step['id']}.txt"
        variables = {name: filled(value) for name, value in step["env"].items()}
        variables |= {"RUNNER_TEMP": str(temporary), "GITHUB_OUTPUT": str(file), "GITHUB_STEP_SUMMARY": str(page)}
        command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]]
        found = subprocess.run(command, check=False, env=os.environ | variables | environment, capture_output=True)
        assert (found.returncode, found.stderr) == (0, b""), found.stderr.decode()
        outputs[step["id"]] = dict(line.split("=", 1) for line in file.read_text(encoding="utf-8").splitlines())
    return {name: filled(output["value"]) for name, output in action["outputs"].items()}, page.read_text("utf-8")


def main():
    """Try it from the installation on."""
    package = Path(sys.argv[1]).resolve()
    with TemporaryDirectory() as name:
        temporary, folder = Path(name) / "temporary", Path(name) / "repository"
        temporary.mkdir()
        folder.mkdir()
        (folder / "picture.png").write_bytes((ROOT / "docs/_static/sixteen_colors.png").read_bytes())
        os.chdir(folder)
        outputs, page = run_action(temporary, None, {"package": str(package), "options": "--in-place -k 32"})
        print(page)
        after = (folder / "picture.png").stat().st_size
        assert 0 < after == int(outputs["bytes-after"]) < int(outputs["bytes-before"])


if __name__ == "__main__":
    main()
