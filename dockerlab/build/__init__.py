"""Run builds, follow them, and compare them."""

from dockerlab.build.builder import Build, build
from dockerlab.build.context import context_files, ignore_groups
from dockerlab.build.experiment import Experiment, ratio, summary
from dockerlab.build.inputs import Inputs
from dockerlab.build.predict import Prediction, predict

__all__ = [
    "Build", "Experiment", "Inputs", "Prediction", "build", "context_files", "ignore_groups", "predict", "ratio",
    "summary",
]  # fmt: skip
