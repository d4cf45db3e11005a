"""How Sphinx makes the documentation: ``tools/check.py docs``, with warnings as errors, into build/docs."""  # noqa: INP001 - Sphinx runs it by its path

import sys
from pathlib import Path

import tcperf

sys.path.insert(0, str(Path(__file__).parent))

project = "tcperf"
author = "The tcperf developers"
project_copyright = author
release = version = tcperf.__version__

extensions = ["generated"]
nitpicky = True
#: Blocks whose language is not said are what programs print.
highlight_language = "none"
#: Two hyphens are an option's, and quotation marks are a shell's.
smartquotes = False

html_theme = "furo"
html_title = f"tcperf {release}"
html_copy_source = False
#: Beside the pages, so that the schema has an address of its own.
html_extra_path = ["../tcperf/results.schema.json"]
