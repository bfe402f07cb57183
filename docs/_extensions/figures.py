"""Measured figures in the pages: ``:figure:`NAME```, ``.. figures:: NAME`` for a table, ``.. figures-source:: NAME``.

They come from ``benchmarks/results/*.json`` by way of ``benchmarks/published.py``; one that is missing is a warning.
"""

from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from benchmarks.published import figures, source_line, tables
from benchmarks.records import RESULTS, read_records

logger = logging.getLogger(__name__)
records = read_records()
known_figures, known_tables = figures(records), tables(records)


class FigureRole(SphinxRole):
    """A single figure in a sentence."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        note_records(self.env)
        text = known_figures.get(self.text)
        if text is None:
            logger.warning("no figure %r in %s", self.text, RESULTS.name, location=self.get_location())
        return [nodes.Text(text or "?")], []


class FiguresDirective(SphinxDirective):
    """A table, with the command that made it below."""

    required_arguments, final_argument_whitespace = 1, True

    def run(self) -> list[nodes.Node]:
        note_records(self.env)
        table = known_tables.get(self.arguments[0])
        if table is None:
            logger.warning("no table %r in %s", self.arguments[0], RESULTS.name, location=self.get_location())
            return []
        lines = [".. list-table::", "   :header-rows: 1", "   :class: figures", ""]
        for row in (table.header, *table.rows):
            lines += [f"   {'*' if place == 0 else ' '} - {cell.replace('`', '``')}" for place, cell in enumerate(row)]
        return self.parsed([*lines, "", *source(table.source)])

    def parsed(self, lines: list[str]) -> list[nodes.Node]:
        root = nodes.Element()
        root.document = self.state.document
        self.state.nested_parse(StringList(lines, source="benchmarks/published.py"), 0, root)
        return root.children


class SourceDirective(FiguresDirective):
    """The command and what it ran on, for figures that stand in sentences."""

    def run(self) -> list[nodes.Node]:
        note_records(self.env)
        return self.parsed(source(self.arguments[0]))


def note_records(environment: BuildEnvironment) -> None:
    """Let the page be made anew when figures are."""
    for name in records:
        environment.note_dependency(RESULTS / f"{name}.json")


def source(name: str) -> list[str]:
    return [".. rst-class:: source", "", source_line(records[name]).replace("`", "``"), ""] if name in records else []


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_role("figure", FigureRole())
    app.add_directive("figures", FiguresDirective)
    app.add_directive("figures-source", SourceDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
