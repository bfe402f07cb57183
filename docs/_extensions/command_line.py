"""``.. command-line::``: the options of every command, from the parsers that read them."""

import argparse
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from pil_kmeans.cli import COMMANDS, MODULES
from pil_kmeans.cli.errors import EXIT_STATUSES


class CommandLine(SphinxDirective):
    """A section for each command, with usage, arguments and options."""

    def run(self) -> list[nodes.Node]:
        for command in COMMANDS:
            self.env.note_dependency(import_module(f"pil_kmeans.cli.{MODULES[command]}").__file__)
        root = nodes.Element()
        root.document = self.state.document
        self.state.nested_parse(StringList(list(page()), source="the command's parsers"), 0, root, match_titles=True)
        return root.children


def page() -> Iterator[str]:
    for command, summary in COMMANDS.items():
        parser = argparse.ArgumentParser(prog=f"pil-kmeans {command}", add_help=False)
        import_module(f"pil_kmeans.cli.{MODULES[command]}").add_options(parser)
        title = f"pil-kmeans {command}"
        yield from (title, "-" * len(title), "", f"{summary[0].upper()}{summary[1:]}.", "", "")
        if parser.epilog:
            yield from (escaped(parser.epilog), "")
        for group in parser._action_groups:
            if not group._group_actions:
                continue
            heading = {"positional arguments": "Arguments", "options": "Options"}.get(group.title, group.title)
            yield from (f".. rubric:: {heading[0].upper()}{heading[1:]}", "")
            for action in group._group_actions:
                yield from entry(parser, action)
    yield from ("Exit status", "-----------", "")
    for status, meaning in EXIT_STATUSES.items():
        yield from (f"``{status}``", f"    {meaning}", "")
    yield from ("Of several files with different ones, the first of these but 0 counts.", "")


def entry(parser: argparse.ArgumentParser, action: argparse.Action) -> Iterator[str]:
    """One argument or option as an entry of a definition list."""
    value = parser._get_formatter()._format_args(action, (action.metavar or action.dest.upper()))
    if action.choices is not None and action.metavar is None:
        value = "{" + ",".join(map(str, action.choices)) + "}"
    flags = [f"{flag} {value}".strip() for flag in action.option_strings] or [value]
    meaning = parser._get_formatter()._expand_help(action)
    yield from (", ".join(f"``{flag}``" for flag in flags), f"    {escaped(meaning)}", "")


def escaped(text: str) -> str:
    """Help texts are plain: nothing in them is markup."""
    return "".join(f"\\{character}" if character in r"\*`_|" else character for character in text)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("command-line", CommandLine)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
