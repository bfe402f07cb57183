"""The notebook of the docs runs from its first cell to its last.

``pytest -m notebook``, with nbclient and ipykernel; `.ci/run` installs them.
"""

import json
from binascii import a2b_base64
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

NOTEBOOKS = sorted((Path(__file__).parent.parent / "docs" / "notebooks").glob("*.ipynb"))


def test_notebooks_are_committed_without_outputs():
    assert [path.name for path in NOTEBOOKS] == ["image.ipynb"]
    for path in NOTEBOOKS:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in cells)


def figures(notebook):
    """The files of matplotlib's figures."""
    data = [output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", [])]
    found = [a2b_base64(shown["image/png"]) for shown in data if shown.get("text/plain", "").startswith("<Figure size")]
    assert len(found) >= 5
    return found


@pytest.mark.notebook
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_and_shows_every_result(path):
    import nbclient
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    shown = {kind for cell in notebook.cells for output in cell.get("outputs", []) for kind in output.get("data", {})}
    assert {"image/png", "text/html"} <= shown
    for figure in figures(notebook):  # which dark pages show without a white box, and light ones
        pixels = np.asarray(Image.open(BytesIO(figure)).convert("RGBA"))
        assert not pixels[:: len(pixels) - 1, :: len(pixels[0]) - 1, 3].any()
    silent = [cell.id for cell in notebook.cells if cell.cell_type == "code" and not cell.outputs]
    assert silent == []
    assert not any(output.get("name") == "stderr" for cell in notebook.cells for output in cell.get("outputs", []))
