"""What papermill loads when it starts: an engine, and on the way the translator.

papermill has entry points for engines only, and it imports all of them. The engine is papermill's own under a second
name, so that ``--engine cellwright`` fails, with a message, where this package is missing.
"""

from papermill.engines import NBClientEngine
from papermill.translators import papermill_translators

from .translator import JavaScriptTranslator, TypeScriptTranslator


class CellwrightEngine(NBClientEngine):
    """papermill's engine; the kernel needs no other."""


papermill_translators.register("typescript", TypeScriptTranslator)
papermill_translators.register("javascript", JavaScriptTranslator)
