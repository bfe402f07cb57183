"""What runs by itself: the hook of pre-commit and the action of GitHub, with their own files and this command."""

import json
import os
import re
import shlex
import shutil
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from pil_kmeans import encode_png
from pil_kmeans.cli import main
from pil_pictures import opened
from run_action import run_action

ROOT = Path(__file__).parents[1]


@pytest.fixture
def folder(tmp_path, monkeypatch, china):
    """Three that become smaller, one that does not, and one of another kind."""
    repository = tmp_path / "repository"
    (repository / "icons").mkdir(parents=True)
    picture = Image.fromarray(china).resize((96, 64))
    picture.save(repository / "photo.png")
    picture.crop((10, 10, 42, 42)).save(repository / "icons" / "a.png")
    picture.quantize(8).save(repository / "small.gif")
    picture.save(repository / "photo.jpg")
    encode_png(Image.new("1", (8, 8)), to=repository / "dot.png")
    monkeypatch.chdir(repository)
    return repository


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def hook():
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    return shlex.split(hook["entry"])[1:]


def test_hook_replaces_what_becomes_smaller_and_then_nothing_more(folder, capsys):
    before = contents(folder)
    names = [name for name in before if not name.endswith(".jpg")]
    assert main([*hook(), *names]) == 0
    after = contents(folder)
    changed = {name for name in before if after[name] != before[name]}
    assert {"photo.png", "icons/a.png"} <= changed
    assert "dot.png" not in changed
    assert all(len(after[name]) < len(before[name]) for name in changed)
    assert "dot.png is left as it is: the result would have " in capsys.readouterr().out
    assert main([*hook(), *names]) == 0
    assert contents(folder) == after  # else a commit would never pass


def test_a_folder_in_place_leaves_other_kinds_alone(folder, capsys):
    photo = (folder / "photo.jpg").read_bytes()
    assert main(["compress", "--in-place", "--recursive", "."]) == 0
    assert (folder / "photo.jpg").read_bytes() == photo
    (folder / "jpegs").mkdir()
    (folder / "photo.jpg").rename("jpegs/photo.jpg")
    assert main(["compress", "--in-place", "jpegs"]) == 1
    assert "none of the pictures found is a PNG or a GIF" in capsys.readouterr().err


def test_readme_of_pypi_has_no_link_into_the_repository():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    relative = re.compile(r"\]\((?!https?:|#)")
    assert len(relative.findall(text)) > 5
    for change in project["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]["substitutions"]:
        text = re.sub(change["pattern"], change["replacement"], text)
    assert not relative.findall(text)
    assert "How does it compare?: a JPEG" in text.replace("\n", " ")
    assert "<sub>16 colours" not in text  # a caption without its picture


def test_recipe_is_of_this_version_and_needs_what_the_package_needs():
    recipe = yaml.safe_load((ROOT / "recipe/recipe.yaml").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert recipe["context"]["version"] == project["version"]
    needed = {f"python {project['requires-python']}"}
    needed |= {name.replace(">=", " >=") for name in project["dependencies"] if not name.startswith("deflate")}
    assert set(recipe["requirements"]["run"]) == needed
    [commands] = [test for test in recipe["tests"] if "script" in test]
    programs = [line.split()[1] for line in commands["script"] if line.startswith("python ")]
    assert programs == commands["files"]["source"]  # they keep their folders
    assert all((ROOT / program).is_file() for program in programs)
    assert recipe["build"]["python"]["entry_points"] == [f"{a} = {b}" for a, b in project["scripts"].items()]


@pytest.mark.skipif(shutil.which("bash") is None or os.name != "posix", reason="the steps are of bash")
def test_action_compresses_and_reports(folder, tmp_path):
    before = contents(folder)
    install = {"programs": Path(sys.executable).parent}  # what its step puts out, which `nox -s dist` tries
    outputs, page = run_action(tmp_path, {"install": install}, PYTHONPATH=os.pathsep.join(sys.path))
    after = contents(folder)
    changed = [name for name in before if after[name] != before[name]]
    sums = [sum(len(files[name]) for name in changed) for files in (before, after)]
    assert [int(outputs["bytes-before"]), int(outputs["bytes-after"])] == sums
    assert len(json.loads(Path(outputs["report"]).read_text(encoding="utf-8"))["files"]) == 4
    assert page.startswith(f"{len(changed)} smaller files: {sums[0]:,} bytes became {sums[1]:,}.")
    assert f"| photo.png | {len(before['photo.png']):,} | {len(after['photo.png']):,} | " in page
    assert "dot.png" not in page
    with opened(after["photo.png"]) as image:
        assert np.asarray(image.convert("RGB")).shape == (64, 96, 3)


def test_features_of_others_name_their_documentation_and_pillows_are_true(china):
    """Pillow and scikit-learn are here to be asked."""
    text = (ROOT / "docs/explanation/comparison.rst").read_text(encoding="utf-8")
    table = text[text.index(".. list-table::") : text.index("\nError\n")]
    head, *rows = [re.findall(r"^ {3}[* ] - (.*)$", f"   * - {row}", re.M) for row in table.split("   * - ")[1:]]
    assert {len(row) for row in rows} == {len(head)} == {9}
    assert all(re.fullmatch(r"`[\w-]+ <https://[^>]+>`__", cell) for cell in head[2:])
    cells = {row[0]: dict(zip((cell.split()[0].strip("`") for cell in head[1:]), row[1:], strict=True)) for row in rows}
    rgb = Image.fromarray(china).resize((64, 48))
    assert cells["alpha in the palette"]["Pillow"] == "by octree"
    with pytest.raises(ValueError, match="Octree"):
        rgb.convert("RGBA").quantize(8, method=Image.Quantize.MEDIANCUT)
    assert cells["palette found by"]["Pillow"] == "median cut, octree; k-means on request"
    assert rgb.quantize(8, kmeans=2).getpalette() != rgb.quantize(8).getpalette()
    assert cells["dithering"]["Pillow"] == "diffusion, to a given palette"
    fitted = rgb.quantize(8)
    assert fitted.tobytes() == rgb.quantize(8, dither=Image.Dither.NONE).tobytes()
    assert rgb.quantize(palette=fitted).tobytes() != fitted.tobytes()
