"""What a chapter imports: `from dockerlab.lesson import *`."""

from dockerlab.lesson.session import *  # noqa: F403
from dockerlab.lesson.session import __all__ as __all__
