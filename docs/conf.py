"""Sphinx configuration: ``sphinx-build -W -n -b html docs docs/_build/html``."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_extensions"), str(HERE.parent)]  # ours, and benchmarks
os.environ.setdefault("OMP_NUM_THREADS", "1")  # what examples measure is to be the same on every machine

import pil_kmeans  # noqa: E402
from inventories import write_inventories  # noqa: E402
from pil_scraper import pil_scraper  # noqa: E402

project = "pil_kmeans"
author = "pil_kmeans contributors"
copyright = author
version = release = pil_kmeans.__version__

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    "command_line",
    "figures",
    "soft_names",
    "thumbnails",
]
exclude_patterns = ["_build", "gallery/*.rst", "auto_gallery/*.ipynb"]
templates_path = ["_templates"]
default_role = "py:obj"
nitpicky = True
smartquotes = False  # quotes and dashes here are mostly code
suppress_warnings = ["config.cache"]  # sphinx-gallery's functions in the configuration cannot be pickled

autosummary_generate = True
autodoc_typehints = "none"  # the docstrings say it in words
numpydoc_show_class_members = False  # _templates/autosummary/class.rst lists them, inherited ones too
toc_object_entries_show_parents = "hide"

intersphinx_mapping = write_inventories(HERE / "_build" / "inventories")

# The notebook is committed without results: it is run for its page.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_merge_streams = True

# Prompts and results of examples are shown, and not copied.
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "auto_gallery",
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "remove_config_comments": True,
    "reference_url": {"pil_kmeans": None},
    "backreferences_dir": "auto_gallery/backreferences",
    "doc_module": ("pil_kmeans",),
    "image_scrapers": (pil_scraper,),
    "capture_repr": ("_repr_html_",),
    "abort_on_example_error": True,
    "min_reported_time": 60,
    "show_signature": False,
    "write_computation_times": False,
}

html_theme = "pydata_sphinx_theme"
html_title = "pil_kmeans"
html_static_path = ["_static"]
html_css_files = ["pil_kmeans.css"]
html_context = {"default_mode": "auto"}
html_show_sourcelink = False
html_theme_options = {
    "navbar_align": "left",
    "show_toc_level": 2,
    "header_links_before_dropdown": 6,
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": {"**": ["page-toc"], "index": []},
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_sidebars = {"index": []}


def skip_inherited(app, what, name, member, skip, options):
    """Leave to other libraries what comes from them: their docstrings refer to their own pages, or to none."""
    home = (getattr(member, "__module__", None) or "").partition(".")[0]
    is_theirs = home in ("sklearn", "imageio", "collections") or name.endswith("_request")
    return is_theirs or None


def setup(app):
    app.connect("autodoc-skip-member", skip_inherited)
