"""What a chapter imports.

from dockerlab.lesson import *

lesson = Lesson("06-layer-caching")
"""

import pandas as pd

from dockerlab.build import ratio, summary, xray
from dockerlab.image.sizes import size_measures
from dockerlab.lesson.exercises import check, exercise
from dockerlab.lesson.files import fresh_copy
from dockerlab.lesson.session import Lesson
from dockerlab.lesson.start import start_page
from dockerlab.show import charts
from dockerlab.show.claim import claim

__all__ = [
    "Lesson", "charts", "check", "claim", "exercise", "fresh_copy", "pd", "ratio", "size_measures",
    "start_page", "summary", "xray",
]  # fmt: skip

# A cut-off instruction would hide what a table is about.
pd.options.display.max_colwidth = None
pd.options.display.width = 140
