"""`Names` in single backticks link to what they name where the documentation has it, and are code elsewhere.

Docstrings have parameters and other libraries' names in them; roles that are written out stay checked.
"""

from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx


def as_code(
    app: Sphinx, environment: Any, reference: pending_xref, content: nodes.TextElement
) -> nodes.TextElement | None:
    """Take a reference of the default role that nothing else resolved as code."""
    return content if reference.get("reftype") == "obj" else None


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("missing-reference", as_code, priority=1000)  # after intersphinx
    return {"parallel_read_safe": True, "parallel_write_safe": True}
