"""Run builds, follow them, and compare them."""

from dockerlab.build.builder import Build, build
from dockerlab.build.experiment import Experiment, ratio, summary
from dockerlab.build.inputs import Inputs
from dockerlab.build.predict import Prediction, predict
from dockerlab.build.xray import Xray, xray

__all__ = [
    "Build", "Experiment", "Inputs", "Prediction", "Xray", "build", "predict", "ratio", "summary", "xray",
]  # fmt: skip
