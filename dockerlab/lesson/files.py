"""The lab's files in a lesson, copied."""

import os
import tempfile
from pathlib import Path

from dockerlab.paths import copy_tree


def fresh_copy() -> str:
    """Copy the lesson's folder to one that the engine has never seen; gives the path, for `docker build`.

    Raises:
        FilesUnreadable: something in the folder may not be read.
    """
    # A new name each time, because an engine may recognise a build context by its folder's name.
    target = tempfile.mkdtemp(prefix="copy-", dir=Path.cwd().parent)
    copy_tree(Path.cwd(), Path(target))
    return os.path.relpath(target)
